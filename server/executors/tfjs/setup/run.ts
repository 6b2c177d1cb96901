/** The two processes of a setup: one compiles the binding, the other tests it. */
import { join } from 'node:path';
import { packageFolder } from '../../../files/packages';
import { describeEnd } from '../../../processes/ended';
import { nodeEnvironment, nodeProgram } from '../../../processes/node';
import { channelOf, type ProcessOptions, startProcess } from '../../../processes/start';
import { UserError } from '../../../protocol/errors';
import { HEADERS, TARGET, TEMPORARY } from './layout';

/** Minutes in which the slowest machine has compiled two files. */
const COMPILE_DEADLINE = 30 * 60_000;
const TEST_DEADLINE = 3 * 60_000;

/** Programs of a setup, beside the running bundle by default. */
export interface SetupPrograms {
  /** Bundle of `compileProgram.ts`. */
  readonly compile: string;
  /** Bundle of `testProgram.ts`. */
  readonly test: string;
}

export function bundledPrograms(): SetupPrograms {
  return { compile: join(__dirname, 'compileBinding.js'), test: join(__dirname, 'testBinding.js') };
}

export interface RunOptions {
  readonly programs: SetupPrograms;
  /** That of the user. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Runs a process to its end, unless the signal ends it. */
async function runToEnd(options: Omit<ProcessOptions, 'ownGroup' | 'channel'>, signal: AbortSignal) {
  signal.throwIfAborted();
  const started = startProcess({ ...options, ownGroup: true, channel: 'pipe' });
  let answer = '';
  channelOf(started).on('data', (data) => {
    answer += data;
  });
  const onAbort = () => void started.end();
  signal.addEventListener('abort', onAbort);
  const end = await started.ended;
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
  return { end, answer };
}

/** The environment without what npm sets for its scripts, which node-gyp would take for its own options. */
function withoutNpm(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^npm_/i.test(name)));
}

/**
 * Compiles what was laid out in a folder. Returns the path of the native module.
 *
 * @param python Runs gyp.
 * @throws UserError with the compiler's first complaint; the signal's reason when it is aborted.
 */
export async function compile(
  folder: string,
  python: string,
  { programs, environment, signal }: RunOptions,
): Promise<string> {
  const gyp = join(packageFolder('node-gyp'), 'bin', 'node-gyp.js');
  const args = ['rebuild', `--nodedir=${join(folder, HEADERS)}`, `--python=${python}`, `--arch=${process.arch}`];
  const errors: string[] = [];
  const { end } = await runToEnd(
    {
      ...nodeProgram(programs.compile, [gyp, ...args]),
      cwd: folder,
      environment: { ...withoutNpm(environment), TMPDIR: join(folder, TEMPORARY), ELECTRON_RUN_AS_NODE: '1' },
      limits: { deadline: COMPILE_DEADLINE },
      onLine: (line) => {
        if (/\berror\b|ERR!/i.test(line)) errors.push(line.trim());
      },
    },
    signal,
  );
  if (end.kind === 'exit' && end.code === 0) return join(folder, 'build', 'Release', `${TARGET}.node`);
  const complaint = errors.find((line) => /\berror:/.test(line)) ?? errors[0];
  throw new UserError(`The binding cannot be compiled: ${complaint ?? `node-gyp ${describeEnd(end)}`}`);
}

/**
 * Tests a native module. Returns the device that it computes on.
 *
 * @throws UserError where it does not compute rightly; the signal's reason when it is aborted.
 */
export async function testModule(module: string, { programs, signal }: RunOptions): Promise<string> {
  const { end, answer } = await runToEnd(
    {
      ...nodeProgram(programs.test, [module]),
      environment: nodeEnvironment(),
      limits: { deadline: TEST_DEADLINE },
      onLine: () => {},
    },
    signal,
  );
  const { device, problem } = (answer === '' ? {} : JSON.parse(answer)) as { device?: string; problem?: string };
  if (device !== undefined) return device;
  throw new UserError(`The binding was built and does not work: ${problem ?? `its test ${describeEnd(end)}`}.`);
}
