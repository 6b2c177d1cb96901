import { defineConfig } from 'vitest/config';
import { findChromium, NO_CHROMIUM } from './test/support/chromium';

const isBrowserThere = findChromium() !== undefined;
if (!isBrowserThere) console.warn(`Left out the tests in test/webview/pages: ${NO_CHROMIUM}.`);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The editor's tests need an editor: see `npm run test:editor`.
    exclude: ['test/editor/**', '**/node_modules/**', ...(isBrowserThere ? [] : ['test/webview/pages/**'])],
    // End-to-end tests run the built command.
    globalSetup: ['test/support/build.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Native libraries do not take well to worker threads.
    pool: 'forks',
    maxWorkers: 2,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.cache/test-results.json' }]] : ['default'],
  },
});
