/** Files of `torch.save`, read by the user's Python with `weights_only`: tensors, and no objects, which could run code. */
import { memoryLimit, tooLarge } from '../../files/memory';
import { describeEnd } from '../../processes/ended';
import { type Frame, FrameError } from '../../processes/frames';
import { UserError } from '../../protocol/errors';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../../protocol/tensor';
import { askForFrame } from '../python/pythonFrame';

const DEADLINE_SECONDS = 300;
const LARGEST = 2 ** 32 - 1;
/** What PyTorch itself takes, in bytes. */
const PYTORCH = 2 ** 31;
/** The file, its tensors and their bytes in the answer are there at once. */
const COPIES = 3;
const BYTES_PER_VALUE = 4;

type Read =
  | { readonly tensors: ReadonlyMap<string, HostTensor> }
  | { readonly problem: string; readonly isUnsafe: boolean }
  /** Bytes that its tensors would take, where those are more than a file may. */
  | { readonly tooLarge: number };

type Fields = { readonly [key: string]: unknown };

function read({ header, body }: Frame): Read {
  const { problem, isUnsafe, tooLarge: size, tensors } = (header ?? {}) as Fields;
  if (typeof size === 'number') return { tooLarge: size };
  if (typeof problem === 'string') return { problem, isUnsafe: isUnsafe === true };
  if (!Array.isArray(tensors)) throw new FrameError('its tensors are missing');
  let place = 0;
  const found = (tensors as Fields[]).map(({ name, shape, dtype }) => {
    const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
    if (typeof name !== 'string' || !isShape) throw new FrameError('one of its tensors has no name or shape');
    const start = place;
    place += sizeOf(shape as number[]) * BYTES_PER_VALUE;
    if (place > body.byteLength) throw new FrameError(`${name} has more values than there are`);
    const { buffer } = body.slice(start, place);
    const isInteger = dtype === 'int32';
    const tensor = isInteger ? intTensor(shape, new Int32Array(buffer)) : floatTensor(shape, new Float32Array(buffer));
    return [name, tensor] as const;
  });
  return { tensors: new Map(found) };
}

/**
 * The tensors of a file that `torch.save` has written: those of a `state_dict`, also below a key such as `state_dict` or `model`.
 * @throws UserError where it is none, holds objects other than tensors, or would take more memory than a file may.
 */
export async function readWeightsFile(path: string, interpreter: string): Promise<ReadonlyMap<string, HostTensor>> {
  const limit = Math.min(memoryLimit('file'), LARGEST);
  let lastError = '';
  const { answer, end } = await askForFrame({
    interpreter,
    program: 'frontends/torch/python/read_weights.py',
    input: { path, limit },
    environment: process.env,
    limits: { deadline: DEADLINE_SECONDS * 1000, memory: PYTORCH + COPIES * limit },
    frame: { header: 2 ** 26, body: LARGEST },
    read,
    onLine: (line) => {
      lastError = line.trim() || lastError;
    },
  });
  if (answer instanceof FrameError) throw new UserError(`${path} cannot be read: ${answer.message}.`);
  if (answer === undefined) {
    throw new UserError(`${path} cannot be read: Python ${describeEnd(end)}${lastError ? ` (${lastError})` : ''}.`);
  }
  if ('tensors' in answer) return answer.tensors;
  if ('tooLarge' in answer) throw tooLarge(path, answer.tooLarge, 'file');
  throw new UserError(`${path} is no file of weights: ${answer.problem}.`, {
    kind: 'usage',
    ...(answer.isUnsafe && { hint: "Save the state_dict alone: torch.save(model.state_dict(), 'weights.pt')." }),
  });
}
