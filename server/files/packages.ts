/** Files of npm packages that the product reads at run time. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../protocol/errors';
import { errorCode } from './failures';

/**
 * The folder of an installed package, found from this module (or from the bundle that it is part of). Throws a UserError
 * where the package is missing.
 */
export function packageFolder(name: string): string {
  try {
    // A computed name keeps the bundler from resolving it when it builds.
    return dirname(require.resolve(`${name}/package.json`));
  } catch (error) {
    if (errorCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new UserError(`The npm package ${name} is not installed.`, {
      hint: 'Run npm install in the PruneLens folder.',
    });
  }
}

/** The version of an installed package. Throws a UserError where it is missing. */
export function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
