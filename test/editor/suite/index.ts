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
    const runner = mocha.run((failures) => {
      const results = process.env.PRUNELENS_SUITE_RESULTS;
      const counts = { numPassedTests: runner.stats?.passes ?? 0, numFailedTests: failures };
      if (results) writeFileSync(results, JSON.stringify(counts));
      return failures === 0 ? resolve() : reject(new Error(`${failures} tests failed`));
    });
  });
}
