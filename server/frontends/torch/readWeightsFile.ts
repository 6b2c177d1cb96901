/** Files of `torch.save`, read by the user's Python with `weights_only`: tensors, and no objects, which could run code. */
import { describeEnd } from '../../processes/ended';
import { type Frame, FrameError } from '../../processes/frames';
import { UserError } from '../../protocol/errors';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../../protocol/tensor';
import { askForFrame } from '../python/pythonFrame';

const DEADLINE_SECONDS = 300;
const LARGEST = 2 ** 32 - 1;
const BYTES_PER_VALUE = 4;

type Read =
  | { readonly tensors: ReadonlyMap<string, HostTensor> }
  | { readonly problem: string; readonly isUnsafe: boolean };

type Fields = { readonly [key: string]: unknown };

function read({ header, body }: Frame): Read {
  const { problem, isUnsafe, tensors } = (header ?? {}) as Fields;
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
 * @throws UserError where it is none, or holds objects other than tensors.
 */
export async function readWeightsFile(path: string, interpreter: string): Promise<ReadonlyMap<string, HostTensor>> {
  let lastError = '';
  const { answer, end } = await askForFrame({
    interpreter,
    program: 'frontends/torch/python/read_weights.py',
    input: path,
    environment: process.env,
    limits: { deadline: DEADLINE_SECONDS * 1000 },
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
  throw new UserError(`${path} is no file of weights: ${answer.problem}.`, {
    kind: 'usage',
    ...(answer.isUnsafe && { hint: "Save the state_dict alone: torch.save(model.state_dict(), 'weights.pt')." }),
  });
}
