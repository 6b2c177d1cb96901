/** Says at the end of all tests which were left out, and why. */
import type { Reporter } from 'vitest/node';

/** What is in the names of suites that cannot run here, before the reason. */
const MARK = 'left out because ';

/** @param known What is left out before a file of tests is read. */
export function leftOutReporter(known: readonly string[]): Reporter {
  return {
    onTestRunEnd(modules) {
      const suites = modules.flatMap((module) =>
        [...module.children.allSuites()]
          .filter(({ name }) => name.includes(MARK))
          .map(({ name }) => `${module.relativeModuleId}: ${name.slice(name.indexOf(MARK) + MARK.length)}`),
      );
      const lines = [...known, ...suites];
      if (lines.length > 0) console.log(['', 'Left out:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
    },
  };
}
