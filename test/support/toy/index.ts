/**
 * A whole front end in two files: chains of dense layers in text files, a line a layer.
 *
 *     input 6
 *     dense hidden 5 relu
 *     dense out 3
 *
 * Its files of weights name and lay them out as PyTorch does: `hidden.weight`, [out, in].
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { writeFileAtomic } from '../../../server/files/atomic';
import { readSafetensors, writeSafetensors } from '../../../server/files/safetensors';
import type { FrontEnd } from '../../../server/frontends/types';
import { fromStored, storedTensors } from '../../../server/models/stored';
import { UserError, usageError } from '../../../server/protocol/errors';
import { createToyNetwork, storedToy, type Toy, type ToyLayer } from './network';

const MODEL = 'model.toy';
const WEIGHTS = 'weights.safetensors';

/** @throws UserError with the line of a mistake. */
function parse(text: string, file: string): Toy {
  let inputs: number | undefined;
  const layers: ToyLayer[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    const size = Number(words[0] === 'input' ? words[1] : words[2]);
    if (words[0] === '') continue;
    if (!Number.isInteger(size) || !['input', 'dense'].includes(words[0])) {
      throw new UserError(`"${line}" is no layer.`, { location: { file, line: index + 1, column: 1 } });
    }
    if (words[0] === 'input') inputs = size;
    else layers.push({ name: words[1], units: size, relu: words[3] === 'relu', line: index + 1 });
  }
  if (inputs === undefined) throw new UserError('There is no input.', { location: { file, line: 1, column: 1 } });
  return { name: basename(file, extname(file)), file, inputs, layers, values: new Map() };
}

/** The values in the file of weights beside a model that was written with them. */
async function readValues(toy: Toy): Promise<Toy['values']> {
  if (basename(toy.file) !== MODEL) return new Map();
  const { tensors } = await readSafetensors(join(dirname(toy.file), WEIGHTS));
  return new Map(
    createToyNetwork(toy).parameters.map(({ name, stored }) => [
      name,
      fromStored(tensors.get(stored!.name)!.data as Float32Array, stored!),
    ]),
  );
}

export const toy: FrontEnd = {
  name: 'toy',
  files: 'a toy (.toy)',
  definition: 'toy',
  extensions: ['.toy'],
  languages: ['toy'],
  runsCode: () => false,
  findInText(text, file) {
    parse(text, file);
    const lines = text.split('\n');
    const end = { line: lines.length, column: lines[lines.length - 1].length + 1 };
    return [{ kind: 'model', range: { start: { line: 1, column: 1 }, end } }];
  },
  checkExport(file) {
    throw usageError(`${file} is a toy, which has no exports.`);
  },
  async load({ file }, { unsaved = [] }) {
    const text = unsaved.find((one) => one.file === file)?.text ?? (await readFile(file, 'utf8'));
    const read = parse(text, file);
    return createToyNetwork({ ...read, values: await readValues(read) });
  },
  writer: {
    files: [MODEL, WEIGHTS],
    async write(network, folder) {
      const dense = network.layers.slice(1).map(({ name, outputShape, className }) => {
        const relu = className === 'Rectified' ? ' relu' : '';
        return `dense ${name} ${outputShape[0]}${relu}`;
      });
      const weights = new Map(network.parameters.map(({ name, initialize }) => [name, initialize(0)]));
      await writeSafetensors(join(folder, WEIGHTS), storedTensors(network, weights));
      await writeFileAtomic(join(folder, MODEL), [`input ${network.inputs[0].shape[0]}`, ...dense].join('\n'));
      return join(folder, MODEL);
    },
  },
  pytorch: (_network, parameter) => storedToy(parameter),
};
