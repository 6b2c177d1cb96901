/** Making a PyTorch model smaller: its `shrink.py`, and the proof in the user's Python that it computes the same. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTemporaryFolder } from '../../../files/temporaryFolder';
import type { CutProof, CutRequest, Network, ShrunkOriginal } from '../../../models/types';
import { type Frame, FrameError } from '../../../processes/frames';
import type { ModelInput } from '../../../protocol/modelSetup';
import { type LoadFailure, loadError, readFailure } from '../../python/loaderProtocol';
import { askAnew, runJob } from '../../python/loaderRunner';
import { LOADER, type LoadJob } from '../loaderProtocol';
import { shrinkModule, tensorCuts } from './shrinkModule';

/** The model that is cut, as it was loaded. */
export interface LoadedOriginal {
  readonly job: LoadJob;
  readonly interpreter: string;
  readonly network: Pick<Network, 'name' | 'parameters'>;
  readonly inputs: readonly ModelInput[];
  readonly onOutput: (line: string) => void;
}

type Answer = { readonly type: 'shrunk'; readonly proof: CutProof; readonly onnx?: Uint8Array } | LoadFailure;

type Fields = { readonly [key: string]: unknown };

function numberOf(value: unknown, what: string): number {
  if (typeof value !== 'number') throw new FrameError(`its ${what} is missing or of another kind`);
  return value;
}

function pairOf(value: unknown, what: string): { readonly before: number; readonly after: number } {
  const [before, after] = Array.isArray(value) ? value : [];
  return { before: numberOf(before, what), after: numberOf(after, what) };
}

function readAnswer({ header, body }: Frame): Answer {
  const fields = (header ?? {}) as Fields;
  if (fields.type === 'failure') return readFailure(fields);
  if (fields.type !== 'shrunk') throw new FrameError('its type is missing or of another kind');
  const seconds = fields.seconds as Fields | undefined;
  return {
    type: 'shrunk',
    proof: {
      difference: numberOf(fields.difference, 'difference'),
      differenceFloat32: numberOf(fields.differenceFloat32, 'difference'),
      bytes: pairOf(fields.bytes, 'size'),
      ...(seconds && {
        seconds: { step: pairOf(seconds.step, 'time'), evaluation: pairOf(seconds.evaluation, 'time') },
      }),
      ...(typeof fields.torch === 'string' && { torch: fields.torch }),
      ...(typeof fields.noOnnx === 'string' && { noOnnx: fields.noOnnx }),
    },
    ...(body.byteLength > 0 && { onnx: body }),
  };
}

/** See `Network.shrinkOriginal`. */
export async function proveCut(
  { job, interpreter, network, inputs, onOutput }: LoadedOriginal,
  { kept, before, after, measured, signal }: CutRequest,
): Promise<ShrunkOriginal> {
  const script = await shrinkModule({
    made: job.construct,
    cuts: tensorCuts(network.parameters, kept),
    inputs,
    output: job.output ?? undefined,
  });
  const answer = await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'shrink.py');
    await writeFile(path, script);
    const shrinking: LoadJob = { ...job, shrink: { script: path, before, after, measured: measured ?? 0 } };
    return runJob(shrinking, { interpreter, onOutput, ask: askAnew(LOADER, readAnswer), ...(signal && { signal }) });
  });
  if (answer.type === 'failure') throw loadError(answer);
  return { script, proof: answer.proof, ...(answer.onnx && { onnx: answer.onnx }) };
}
