/** The formats that masks are exported in. */
import { basename, extname } from 'node:path';
import { writeFileAtomic } from '../files/atomic';
import { writeSafetensors } from '../files/safetensors';
import type { FrontEnd } from '../frontends';
import { storedTensors } from '../models/stored';
import type { Network, Parameter } from '../models/types';
import { usageError } from '../protocol/errors';
import { masksBeside } from '../protocol/exports';
import { type HostTensor, intTensor } from '../protocol/tensor';
import type { MaskFormat } from '../protocol/worker';
import { countKept, type Masks } from '../pruning';
import { methodTitle } from '../request/comparedMethods';
import { writeMaskTensors } from './maskFile';
import { writeNpz } from './npz';
import { masksModule } from './pythonModule';
import { toPytorch } from './pytorch';

export interface MaskExport {
  readonly format: MaskFormat;
  readonly file: string;
  readonly network: Network;
  readonly masks: Masks;
  /** Where the masks came from; what is not known is left out. */
  readonly origin: {
    readonly method?: string;
    readonly sparsity?: number;
    readonly seed: number;
    /** They remove whole channels: the sparsity is that of the channels, and biases and the like go with them. */
    readonly structured?: true;
  };
  readonly frontEnds?: readonly FrontEnd[];
}

function parametersOf({ network, masks }: MaskExport): readonly Parameter[] {
  return network.parameters.filter(({ name }) => masks.has(name));
}

function metadataOf({ network, origin }: MaskExport): Record<string, string> {
  const known = Object.entries(origin).filter(([, value]) => value !== undefined);
  return { model: network.name, ...Object.fromEntries(known.map(([name, value]) => [name, String(value)])) };
}

/** Masks under the names and in the layouts of the model's framework, in the order of its parameters. */
function ownMasks(request: MaskExport): Map<string, HostTensor> {
  const ordered = parametersOf(request).map(({ name }) => [name, request.masks.get(name)!] as const);
  return storedTensors(request.network, new Map(ordered));
}

function writeOwn(request: MaskExport): Promise<void> {
  return writeMaskTensors(request.file, ownMasks(request), metadataOf(request));
}

async function writePytorch(request: MaskExport, file: string): Promise<readonly string[]> {
  const { network, masks, frontEnds } = request;
  const tensors = parametersOf(request).map((parameter): [string, HostTensor] => {
    const { name, shape, mask } = toPytorch(network, parameter, masks.get(parameter.name)!, frontEnds);
    return [name, intTensor(shape, Int32Array.from(mask))];
  });
  await writeSafetensors(file, new Map(tensors), { storage: 'BOOL', metadata: metadataOf(request) });
  return tensors.map(([name]) => name);
}

function sparsityOf(masks: Masks): number {
  const total = [...masks.values()].reduce((sum, mask) => sum + mask.length, 0);
  const kept = [...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0);
  return Number((1 - kept / total).toFixed(6));
}

/** The module needs the masks: they go into a file beside it. */
async function writeModule(request: MaskExport): Promise<void> {
  const { file, network, origin, masks } = request;
  if (extname(file).toLowerCase() !== '.py') {
    throw usageError(`${file} is to hold Python code, but is not named so.`, 'Give it the extension .py.');
  }
  const names = await writePytorch(request, masksBeside(file));
  const title = origin.method === undefined ? 'masks of a run' : methodTitle(origin.method);
  const sparsity = origin.sparsity ?? sparsityOf(masks);
  await writeFileAtomic(file, await masksModule({ model: network.name, title, sparsity, file: basename(file), names }));
}

/** Writes masks in a format. Throws a UserError where the file cannot be written. */
export async function exportMasksTo(request: MaskExport): Promise<void> {
  switch (request.format) {
    case 'safetensors':
      return writeOwn(request);
    case 'safetensors-pytorch':
      await writePytorch(request, request.file);
      return;
    case 'npz': {
      const arrays = Array.from(ownMasks(request), ([name, { shape, data }]) => ({
        name,
        shape,
        values: Uint8Array.from(data),
      }));
      return writeNpz(request.file, arrays);
    }
    case 'pytorch-snippet':
      return writeModule(request);
  }
}
