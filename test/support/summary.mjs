#!/usr/bin/env node
/**
 * Sums up the JSON results of several test runs: names each test that failed, with its message, and ends with the line
 * "N passed, N failed".
 *
 *   node test/support/summary.mjs RESULTS...
 *
 * Results that are missing, and a file of tests that cannot even be loaded, have no failed tests, but have failed.
 */
import { existsSync, readFileSync } from 'node:fs';

const LINES_PER_TEST = 12;

/** How many tests of a run passed, and what failed of it. */
function resultsOf(file) {
  if (!existsSync(file)) {
    return { passed: 0, failed: [`${file}: there are no results, so its tests have not come to their end.`] };
  }
  const {
    testResults = [],
    numPassedTests,
    numFailedTests = 0,
    failures = [],
  } = JSON.parse(readFileSync(file, 'utf8'));
  const named = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${name}: ${message}`];
    return failed.map((test) => `${name}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
  });
  const all = [...named, ...failures];
  const unnamed = Array(Math.max(0, numFailedTests - all.length)).fill(`${file}: a test that has no name there.`);
  return { passed: numPassedTests, failed: [...all, ...unnamed] };
}

const shorten = (text) => text.split('\n').slice(0, LINES_PER_TEST).join('\n');

const results = process.argv.slice(2).map(resultsOf);
const failed = results.flatMap((one) => one.failed);
const passed = results.reduce((sum, one) => sum + one.passed, 0);
if (failed.length > 0) console.log(['', 'Failed:', ...failed.map(shorten), ''].join('\n'));
console.log(`${passed} passed, ${failed.length} failed`);
