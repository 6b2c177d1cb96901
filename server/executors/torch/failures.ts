/** Errors of Python in words for people. */
import { describeEnd, type End } from '../../processes/ended';
import { UserError } from '../../protocol/errors';
import type { FailureMessage } from './messages';

const SMALLER = 'Lower --batch-size (for scores --pruning-batch-size), or choose another --device or --backend.';

/** What could not be opened is told by Python in a sentence. */
function isSentence({ program, operation, message }: FailureMessage): boolean {
  return program === null && operation === null && message.startsWith('PyTorch ');
}

/** ` in conv2d of the layer conv1 (train lenet)`, as far as it is known. */
function placeOf({ operation, layer, program }: FailureMessage): string {
  const call = operation === null ? '' : ` in ${operation}${layer === null ? '' : ` of the layer ${layer}`}`;
  return program === null ? call : `${call} (${program})`;
}

export function failureError(failure: FailureMessage, device: string): UserError {
  const place = placeOf(failure);
  if (failure.kind === 'memory') {
    return new UserError(`PyTorch ran out of memory on ${device}${place}.`, { hint: SMALLER });
  }
  if (isSentence(failure)) return new UserError(failure.message);
  return new UserError(`PyTorch failed on ${device}${place}: ${failure.message.split('\n')[0]}`);
}

/** Whether PyTorch can do nothing more in its process: CUDA forgets nothing. */
export function isFatal({ kind, message, isShared = false }: FailureMessage): boolean {
  return isShared || (kind === 'operation' && /CUDA error|device-side assert/.test(message));
}

/** Whether another process may be to blame, which is to be asked first: what all compute together has failed. */
export function isOfOthers({ operation }: FailureMessage): boolean {
  return operation === 'deviceSum';
}

/** The error for a process that has ended; `said` is the last that it printed. @param place Which of several it is: ` on …`. */
export function endedError(end: End, said: string, place = ''): UserError {
  const last = said.split('\n').at(-1) ?? '';
  return new UserError(
    `Python, in which the backend torch computes${place}, ${describeEnd(end)}.${last && ` It said: ${last}`}`,
    {
      hint: 'What was being computed is lost; a training that was kept in a folder can be resumed.',
    },
  );
}
