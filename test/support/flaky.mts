/** Says at the end of all tests which passed only at a further attempt: each is a fault of the test or of the product. */
import type { Reporter } from 'vitest/node';

export function flakyReporter(): Reporter {
  return {
    onTestRunEnd(modules) {
      const lines = modules.flatMap((module) =>
        [...module.children.allTests()]
          .filter((test) => test.diagnostic()?.flaky)
          .map((test) => `  ${module.relativeModuleId}: ${test.fullName}\n    ${test.result().errors?.[0]?.message}`),
      );
      if (lines.length > 0) console.log(['', 'Passed at the second attempt only:', ...lines, ''].join('\n'));
    },
  };
}
