/** Runs programs in a process of Python. Calls are sent ahead; what went wrong in one is told when something is read. */
import { equalShapes, formatShape } from '../../graph/shapes';
import type { Program } from '../../graph/types';
import { UserError } from '../../protocol/errors';
import { type DType, type HostTensor, type Shape, sizeOf } from '../../protocol/tensor';
import { OLDEST_TORCH } from '../../python/probe';
import { isAtLeast, type PythonToStart } from '../../python/start';
import { createDeviceGroup } from '../deviceGroup';
import { processorName } from '../processor';
import type { DeviceTensor, Executable, Executor } from '../types';
import { type Connection, connect } from './connection';
import { createExampleTable } from './exampleTable';
import { createFlow, type Flow } from './flow';
import type { Format, Handle, Opened } from './messages';
import { type Computation, computationOn, modeOf, type TorchOptions } from './options';
import { startTogether } from './processGroup';
import { programMessage } from './programMessage';

/** A process and what belongs to it. */
interface Session {
  readonly connection: Connection;
  readonly flow: Flow;
}

/** A tensor in Python; `handle` is undefined once it is disposed. */
interface TorchTensor extends DeviceTensor {
  readonly session: Session;
  handle: Handle | undefined;
}

/** What a process can do on its device, without its end. */
type Face = Omit<Executor, 'dispose' | 'group'>;

/**
 * Starts Python and opens the device, or for several devices a process for each. Where a process ends, what it held is lost and its
 * users are told; what begins after that is computed in a new process.
 *
 * @throws UserError where PyTorch or the device is not there.
 */
export async function createTorchExecutor(python: PythonToStart, options: TorchOptions): Promise<Executor> {
  if (options.devices) return createGroupExecutor(python, { ...options, devices: options.devices });
  const start = (): Session => {
    const connection = connect(python, options);
    return { connection, flow: createFlow() };
  };
  let session = start();
  const { opened, computation } = await openSession(session, options);
  let isDisposed = false;
  const current = (): Session => {
    if (session.connection.hasEnded() && !isDisposed) session = start();
    return session;
  };
  return {
    ...faceOf(current, opened, computation),
    async dispose() {
      isDisposed = true;
      await session.connection.close();
    },
  };
}

/** The executor of the first of several devices, with all of them as its group. */
async function createGroupExecutor(
  python: PythonToStart,
  options: TorchOptions & { readonly devices: readonly string[] },
): Promise<Executor> {
  const { devices } = options;
  let processes = startTogether(python, options, devices);
  const sessionsOf = ({ connections }: typeof processes): readonly Session[] =>
    connections.map((connection) => ({ connection, flow: createFlow() }));
  let sessions = sessionsOf(processes);
  const all = await openTogether(processes, sessions, options);
  let isDisposed = false;
  const current = (index: number): Session => {
    if (sessions[index].connection.hasEnded() && !isDisposed) {
      // One that ends while nobody waits ends what is under way all the same.
      if (!sessions.some(({ connection }) => connection.isEndTold())) throw sessions[index].connection.lost();
      processes = startTogether(python, options, devices);
      sessions = sessionsOf(processes);
    }
    return sessions[index];
  };
  const faces = all.map(({ opened, computation }, i) => faceOf(() => current(i), opened, computation));
  const [{ device }] = faces;
  const names = all.map(({ opened }) => opened.device);
  return {
    ...faces[0],
    device: `${device}, ${names.length} devices: ${names.join(', ')}`,
    group: createDeviceGroup(names, faces),
    async dispose() {
      isDisposed = true;
      await processes.close();
    },
  };
}

async function openTogether(
  processes: ReturnType<typeof startTogether>,
  sessions: readonly Session[],
  options: TorchOptions,
) {
  try {
    const all = await Promise.all(sessions.map((session) => openSession(session, options)));
    await processes.joined;
    return all;
  } catch (error) {
    await processes.close();
    throw error;
  }
}

function faceOf(current: () => Session, opened: Opened, computation: Computation): Face {
  return {
    backend: 'torch',
    device: describeDevice(opened),
    computation,
    versions: { torch: opened.torch, python: opened.python },
    compile: (program, purpose) => compile(program, current(), computation, purpose),
    upload: (tensor) => upload(tensor, current(), computation),
    async hold(shape, dtype) {
      const now = current();
      return createExampleTable(now.connection, (...one) => wrap(now, ...one), shape, dtype);
    },
    draw(mask) {
      const now = current();
      const tensor = wrap(now, mask.shape, 'float32');
      now.connection.send({ kind: 'draw', handle: tensor.handle, ...mask });
      return tensor;
    },
  };
}

async function openSession({ connection }: Session, options: TorchOptions) {
  try {
    const opened = await connection.opened;
    if (!isAtLeast(opened.torch, OLDEST_TORCH)) throw new UserError(`PyTorch ${opened.torch} is too old.`);
    return { opened, computation: computationOn(opened.device, options) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function describeDevice({ device, title, threads, torch }: Opened): string {
  const name = title === null ? processorName(threads) : `${title} (${device})`;
  return `${name}, PyTorch ${torch}`;
}

function wrap(session: Session, shape: Shape, dtype: DType): TorchTensor & { readonly handle: Handle } {
  const { connection } = session;
  const handle = connection.newNumber();
  const tensor: TorchTensor & { readonly handle: Handle } = {
    session,
    shape,
    dtype,
    handle,
    async read() {
      const { answer, body } = await connection.request('read', { handle: handleOf(tensor) });
      return { shape, dtype, data: arrayOf(answer.dtype, body) };
    },
    dispose() {
      connection.free(handleOf(tensor));
      (tensor as TorchTensor).handle = undefined;
    },
  };
  return tensor;
}

function handleOf(tensor: TorchTensor): Handle {
  if (tensor.handle === undefined) throw new Error('a tensor was used after it was disposed');
  return tensor.handle;
}

function arrayOf(format: Format, { buffer }: Uint8Array): HostTensor['data'] {
  if (format === 'int32') return new Int32Array(buffer as ArrayBuffer);
  return format === 'float64' ? new Float64Array(buffer as ArrayBuffer) : new Float32Array(buffer as ArrayBuffer);
}

/** A copy: the caller may change its array while the bytes are on their way. */
function copyOf({ dtype, data }: HostTensor, { precision }: Computation) {
  if (dtype === 'int32') return { format: 'int32', values: Int32Array.from(data) } as const;
  const isDouble = precision === 'float64' && data instanceof Float64Array;
  if (isDouble) return { format: 'float64', values: data.slice() } as const;
  return { format: 'float32', values: data instanceof Float32Array ? data.slice() : Float32Array.from(data) } as const;
}

function upload(given: HostTensor, session: Session, computation: Computation): DeviceTensor {
  const { shape, dtype } = given;
  if (given.data.length !== sizeOf(shape)) {
    throw new Error(`a tensor of shape ${formatShape(shape)} cannot have ${given.data.length} values`);
  }
  const { format, values } = copyOf(given, computation);
  const tensor = wrap(session, shape, dtype);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  session.flow.sent(bytes.byteLength);
  session.connection.send({ kind: 'upload', handle: tensor.handle, shape, dtype: format }, [bytes]);
  return tensor;
}

async function compile(
  program: Program,
  session: Session,
  computation: Computation,
  purpose: 'training' | undefined,
): Promise<Executable> {
  const { connection, flow } = session;
  const { message, values, inputs: names, outputs } = programMessage(program, modeOf(computation, purpose));
  const id = connection.newNumber();
  await connection.request('compile', { id, program: message }, values);
  const expected = new Map(program.inputs.map((node) => [node.attributes.name, node]));
  return {
    program,
    async run(given) {
      for (const name of Object.keys(given)) {
        if (!expected.has(name)) throw new Error(`program ${program.name} has no input ${name}`);
      }
      const inputs = names.map((name) => handleOfInput(program, expected.get(name)!, given[name], session));
      const lost = connection.lost();
      if (lost) throw lost;
      const results = outputs.map(({ name, node }) => [name, wrap(session, node.shape, node.dtype)] as const);
      await flow.run(connection, { kind: 'run', id, inputs, outputs: results.map(([, { handle }]) => handle) });
      return Object.fromEntries(results);
    },
    async dispose() {
      connection.send({ kind: 'dispose', id });
    },
  };
}

function handleOfInput(
  program: Program,
  node: Program['inputs'][number],
  given: DeviceTensor | undefined,
  session: Session,
): Handle {
  const place = `input ${node.attributes.name} of program ${program.name}`;
  if (!given) throw new Error(`${place} is missing`);
  if (given.dtype !== node.dtype || !equalShapes(given.shape, node.shape)) {
    const found = `${given.dtype} ${formatShape(given.shape)}`;
    throw new Error(`${place} is ${found}, not ${node.dtype} ${formatShape(node.shape)}`);
  }
  const tensor = given as TorchTensor;
  if (tensor.session === undefined) throw new Error(`${place} was made by another executor`);
  if (tensor.session !== session) {
    const lost = tensor.session.connection.lost() ?? session.connection.lost();
    throw lost ?? new Error(`${place} is of another process`);
  }
  return handleOf(tensor);
}
