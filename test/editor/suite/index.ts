/** Runs in the extension host: mocha over the suites that lie bundled beside this file. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

/** Called by VS Code; a rejection fails the run. */
export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 120_000, slow: 5_000 });
  const suites = readdirSync(__dirname).filter((name) => name.endsWith('.suite.js'));
  for (const name of suites) mocha.addFile(join(__dirname, name));
  return new Promise((resolve, reject) => {
    const failures: string[] = [];
    const runner = mocha.run((count) => {
      const results = process.env.PRUNELENS_SUITE_RESULTS;
      const summary = { numPassedTests: runner.stats?.passes ?? 0, numFailedTests: count, failures };
      if (results) writeFileSync(results, JSON.stringify(summary));
      return count === 0 ? resolve() : reject(new Error(`${count} tests failed`));
    });
    runner.on('fail', (test, error) => failures.push(`In the extension host: ${test.fullTitle()}\n${error.stack}`));
  });
}
