/** Tries a provider in a process of its own, because a graphics driver that fails may take its process along. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { encodeModel } from './encode';

export interface TrialRun {
  /** Undefined where the provider computed what it should. */
  readonly error: string | undefined;
  /** Shared libraries in the process's memory (Linux only): they tell which graphics driver was used. */
  readonly libraries: readonly string[];
}

/** A provider that needs longer does not work (milliseconds). */
const TIME_LIMIT = 60_000;

/** Runs in the other process, with the library's path, the provider and the model (base64) as arguments. */
const SCRIPT = `
const [library, provider, model] = process.argv.slice(1);
const { existsSync, readFileSync } = require('node:fs');
const report = (error) => {
  const maps = '/proc/self/maps';
  const libraries = existsSync(maps) ? [...new Set(readFileSync(maps, 'utf8').match(/\\/\\S+\\.so\\S*/g))] : [];
  process.stdout.write(JSON.stringify({ error, libraries }), () => process.exit(0));
};
(async () => {
  const { InferenceSession, Tensor, env } = require(library);
  env.logLevel = 'fatal';
  const options = { executionProviders: [provider], logSeverityLevel: 4 };
  const session = await InferenceSession.create(Buffer.from(model, 'base64'), options);
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, -2), [2]) });
  if (y.data[0] !== -1 || y.data[1] !== 2) throw new Error('it computed a wrong result');
})().then(() => report(), (error) => report(error.message));
`;

function negation(): Uint8Array {
  const info = { type: 'float32', shape: [2] } as const;
  return encodeModel({
    name: 'trial',
    opsets: { '': 18 },
    nodes: [{ name: 'negate', op: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', ...info }],
    outputs: [{ name: 'y', ...info }],
  });
}

/** Computes two numbers with a provider, named as ONNX Runtime names it. */
export function tryProvider(provider: string): Promise<TrialRun> {
  const library = createRequire(__filename).resolve('onnxruntime-node');
  const model = Buffer.from(negation()).toString('base64');
  const options = { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, timeout: TIME_LIMIT };
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', SCRIPT, library, provider, model], options, (failure, stdout) => {
      // The report is complete or absent; a driver may still fail when the process ends.
      if (stdout.endsWith('}')) resolve(JSON.parse(stdout) as TrialRun);
      else resolve({ error: failure?.killed ? 'it did not answer' : 'it crashed', libraries: [] });
    });
  });
}
