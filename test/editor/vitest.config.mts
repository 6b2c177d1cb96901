/** End-to-end tests in the editor: one file after the other, with time for a busy machine. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { flakyReporter } from '../support/flaky.mts';

const results = join(import.meta.dirname, '../../.cache/test-results-editor.json');

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: process.env.PRUNELENS_SCREENSHOTS ? ['*.shots.ts'] : ['e2e/*.e2e.ts'],
    fileParallelism: false,
    pool: 'forks',
    maxWorkers: 1,
    retry: process.env.CI ? 1 : 0,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000, interval: 200 } },
    reporters: [
      'verbose',
      flakyReporter(),
      ...(process.env.CI ? [['json', { outputFile: results }] as ['json', object]] : []),
    ],
  },
});
