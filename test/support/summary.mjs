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

function failuresIn(file) {
  if (!existsSync(file)) return [`${file}: there are no results, so its tests have not come to their end.`];
  const { testResults = [], numFailedTests, failures = [] } = JSON.parse(readFileSync(file, 'utf8'));
  const named = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${name}: ${message}`];
    return failed.map((test) => `${name}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
  });
  const all = [...named, ...failures];
  const unnamed = (numFailedTests ?? 0) - all.length;
  return unnamed > 0 ? [...all, ...Array(unnamed).fill(`${file}: a test that has no name there.`)] : all;
}

const shorten = (text) => text.split('\n').slice(0, LINES_PER_TEST).join('\n');

const files = process.argv.slice(2);
const failures = files.flatMap(failuresIn);
const passed = files
  .filter((file) => existsSync(file))
  .reduce((sum, file) => sum + JSON.parse(readFileSync(file, 'utf8')).numPassedTests, 0);
if (failures.length > 0) console.log(['', 'Failed:', ...failures.map(shorten), ''].join('\n'));
console.log(`${passed} passed, ${failures.length} failed`);
