/** Says at the end of all tests which were left out, and why. */
import type { Reporter } from 'vitest/node';

/** What the names of suites that cannot run here begin with. */
const MARK = 'left out because ';

/** @param known What is left out before a file of tests is read. */
export function leftOutReporter(known: readonly string[]): Reporter {
  return {
    onTestRunEnd(modules) {
      const suites = modules.flatMap((module) =>
        [...module.children.allSuites()]
          .filter(({ name }) => name.startsWith(MARK))
          .map(({ name }) => `${module.relativeModuleId}: ${name.slice(MARK.length)}`),
      );
      const lines = [...known, ...suites];
      if (lines.length > 0) console.log(['', 'Left out:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
    },
  };
}
