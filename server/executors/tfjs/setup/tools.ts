/** The tools that compile the binding. */
import { UserError } from '../../../protocol/errors';
import { commandOnPath } from '../../../python/find';

const HOW: { readonly [platform: string]: string } = {
  darwin: 'run "xcode-select --install"',
  linux: 'install them with "apt install g++ make" or "dnf install gcc-c++ make"',
};

/** @throws UserError where there is no C++ compiler, or no make. */
export function checkTools(environment: NodeJS.ProcessEnv): void {
  // As make takes it: the first word is the program.
  const compiler = environment.CXX?.trim().split(/\s+/)[0] || (process.platform === 'darwin' ? 'c++' : 'g++');
  const missing = [compiler, 'make'].filter((name) => commandOnPath([name], environment) === undefined);
  if (missing.length === 0) return;
  const what = missing.length === 1 ? `there is no ${missing[0]}` : `there are no ${missing.join(' and ')}`;
  throw new UserError(`A C++ compiler and make are needed, and ${what}: ${HOW[process.platform] ?? 'install them'}.`);
}
