import { resolve } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { findChromium, NO_CHROMIUM } from './test/support/chromium.mts';
import { flakyReporter } from './test/support/flaky.mts';
import { leftOutReporter } from './test/support/leftOut.mts';
import { PROJECTS } from './test/support/projects.mts';

const isBrowserThere = findChromium() !== undefined;
const leftOut = isBrowserThere ? [] : [`test/webview/pages: ${NO_CHROMIUM}`];

const projects = Object.entries(PROJECTS)
  .filter(([name]) => name !== 'pages' || isBrowserThere)
  .map(
    ([name, { folders, without = [], isBuilt }]): TestProjectInlineConfiguration => ({
      extends: true,
      test: {
        name,
        include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
        exclude: ['**/node_modules/**', ...without.map((folder) => `test/${folder}/**`)],
        // Processes of a busy machine: locally a failure stands, in CI a test may show that it passes, and is named.
        retry: isBuilt && process.env.CI ? 1 : 0,
        globalSetup: isBuilt ? ['test/support/build.ts'] : [],
      },
    }),
  );

// The editor's tests need an editor, and have a configuration of their own: see `npm run test:editor`.
export default defineConfig({
  test: {
    projects,
    // What is remembered of backends is not that of whoever runs the tests.
    env: { XDG_CACHE_HOME: resolve('.cache/user') },
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // How long something takes is not what a test judges: these end only what hangs.
    expect: { poll: { timeout: 60_000 } },
    // Native libraries do not take well to worker threads.
    pool: 'forks',
    maxWorkers: 2,
    reporters: [
      'default',
      leftOutReporter(leftOut),
      flakyReporter(),
      ...(process.env.CI ? [['json', { outputFile: '.cache/test-results.json' }] as const] : []),
    ],
  },
});
