/** The formats that masks are exported in. */
import { basename, dirname, extname, join } from 'node:path';
import { writeFileAtomic } from '../files/atomic';
import { writeSafetensors } from '../files/safetensors';
import type { Network, Parameter } from '../models/types';
import { usageError } from '../protocol/errors';
import type { ModelDescription } from '../protocol/model';
import { type HostTensor, intTensor } from '../protocol/tensor';
import type { MaskFormat } from '../protocol/worker';
import { countKept, type Masks } from '../pruning';
import { methodTitle } from '../request/comparedMethods';
import { writeNpz } from './npz';
import { toPytorch } from './pytorch';
import { pytorchSnippet } from './snippet';

export interface MaskExport {
  readonly format: MaskFormat;
  readonly file: string;
  readonly network: Network;
  readonly description: ModelDescription;
  readonly masks: Masks;
  /** Where the masks came from; what is not known is left out. */
  readonly origin: {
    readonly method?: string;
    readonly sparsity?: number;
    readonly seed: number;
    /** They remove whole channels: the sparsity is that of the channels, and biases and the like go with them. */
    readonly structured?: true;
  };
}

function parametersOf({ network, masks }: MaskExport): readonly Parameter[] {
  return network.parameters.filter(({ name }) => masks.has(name));
}

function metadataOf({ network, origin }: MaskExport): Record<string, string> {
  const known = Object.entries(origin).filter(([, value]) => value !== undefined);
  return { model: network.name, ...Object.fromEntries(known.map(([name, value]) => [name, String(value)])) };
}

async function writeKeras(request: MaskExport): Promise<void> {
  const tensors = parametersOf(request).map(({ name, shape }): [string, HostTensor] => [
    name,
    intTensor(shape, Int32Array.from(request.masks.get(name)!)),
  ]);
  await writeSafetensors(request.file, new Map(tensors), { storage: 'U8', metadata: metadataOf(request) });
}

async function writePytorch(request: MaskExport, file: string): Promise<readonly string[]> {
  const { network, description } = request;
  const tensors = parametersOf(request).map((parameter): [string, HostTensor] => {
    const { name, shape, mask } = toPytorch(network, description, parameter, request.masks.get(parameter.name)!);
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

/** The snippet needs the masks: they go into a file beside it. */
async function writeSnippet(request: MaskExport): Promise<void> {
  const { file, network, origin, masks } = request;
  if (extname(file).toLowerCase() !== '.py') {
    throw usageError(`${file} is to hold Python code, but is not named so.`, 'Give it the extension .py.');
  }
  const masksFile = `${basename(file, extname(file))}.safetensors`;
  const names = await writePytorch(request, join(dirname(file), masksFile));
  const title = origin.method === undefined ? 'masks of a run' : methodTitle(origin.method);
  const sparsity = origin.sparsity ?? sparsityOf(masks);
  await writeFileAtomic(file, pytorchSnippet({ model: network.name, title, sparsity, masksFile, names }));
}

/** Writes masks in a format. Throws a UserError where the file cannot be written. */
export async function exportMasksTo(request: MaskExport): Promise<void> {
  switch (request.format) {
    case 'safetensors':
      return writeKeras(request);
    case 'safetensors-pytorch':
      await writePytorch(request, request.file);
      return;
    case 'npz': {
      const { masks, file } = request;
      const arrays = parametersOf(request).map(({ name, shape }) => ({ name, shape, values: masks.get(name)! }));
      return writeNpz(file, arrays);
    }
    case 'pytorch-snippet':
      return writeSnippet(request);
  }
}
