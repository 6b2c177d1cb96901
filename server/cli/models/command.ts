/** `prunelens models`: the model definitions in a file or folder, with their layers and source lines. */
import { statSync } from 'node:fs';
import { formatCount, formatPath, formatPlace, formatShape } from '../../format';
import {
  type FoundModel,
  FRONT_ENDS,
  type FrontEnd,
  findModels,
  frontEndFor,
  loadNetwork,
  parseModelSpecifier,
} from '../../frontends';
import { isStatistic, type LayerInfo, type Network, type NetworkInput } from '../../models/types';
import { formatError, UserError } from '../../protocol/errors';
import { sizeOf } from '../../protocol/tensor';
import type { ModelOptions } from '../../request/flags';
import { loadForRequests } from '../../request/model';
import { isSetUp } from '../../request/modelSetup';
import { note, print, printJson } from '../terminal/streams';
import { formatTable } from '../terminal/table';

export interface ModelsFlags extends Pick<ModelOptions, 'python' | 'input' | 'output'> {
  readonly json?: boolean;
}

type Loaded =
  | { readonly found: FoundModel; readonly network: Network }
  | { readonly found: FoundModel; readonly problem: string };

const NEEDS_ARGUMENTS =
  'It needs arguments: name the whole call in place of the name, or as "construct" in "models" of prunelens.json.';

async function load(
  found: FoundModel,
  flags: ModelsFlags,
  frontEnds: readonly FrontEnd[],
  signal: AbortSignal,
): Promise<Loaded> {
  try {
    if (found.kind === 'needs-arguments' && !(await isSetUp(found))) return { found, problem: NEEDS_ARGUMENTS };
    const { network } = await loadForRequests(found.specifier, flags, signal, { trusted: true, frontEnds });
    return { found, network };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { found, problem: formatError(error) };
  }
}

function countWeights(network: Network, { parameters }: LayerInfo, prunableOnly: boolean): number {
  return network.parameters
    .filter(({ name, prunable }) => parameters.includes(name) && (prunable || !prunableOnly))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Weights that training would change, were they not frozen. */
function countFrozen({ parameters }: Network, layer?: LayerInfo): number {
  return parameters
    .filter((parameter) => !parameter.trainable && !isStatistic(parameter) && parameter.role !== 'fixed')
    .filter(({ name }) => layer === undefined || layer.parameters.includes(name))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function modelJson(loaded: Loaded) {
  const { specifier, file, exportName, kind, range } = loaded.found;
  const place = { specifier, file, export: exportName ?? null, kind, line: range.start.line };
  if ('problem' in loaded) return { ...place, error: loaded.problem };
  const { network } = loaded;
  return {
    ...place,
    name: network.name,
    inputShape: network.inputs[0].shape,
    inputs: network.inputs,
    ...(network.outputs && { outputs: network.outputs.names, output: network.outputs.names[network.outputs.chosen] }),
    task: network.task,
    objective: network.objective.name,
    classes: network.classes,
    layers: network.layers.map((layer) => ({
      name: layer.name,
      class: layer.className,
      outputShape: layer.outputShape,
      weights: countWeights(network, layer, false),
      prunable: countWeights(network, layer, true),
      frozen: countFrozen(network, layer),
      macs: layer.macs,
      file: layer.source[0]?.file ?? null,
      line: layer.source[0]?.line ?? null,
      callers: layer.source.slice(1),
    })),
  };
}

/** `[28, 28, 1]`, or `[16] of 1,000 ids`. */
function formatInput({ shape, vocabulary }: NetworkInput): string {
  return `[${shape.join(', ')}]${vocabulary === undefined ? '' : ` of ${formatCount(vocabulary)} ids`}`;
}

/** `10 classes`, `3 classes for each pixel`, `one value`, `3 labels of 0 or 1`. */
function formatOutput({ labels: { dtype, shape }, classes, objective }: Network): string {
  if (dtype === 'float32') {
    const values = objective.noise === 'binary' ? ['label', ' of 0 or 1'] : ['value', ''];
    return classes === 1 ? `one ${values.join('')}` : `${formatCount(classes)} ${values.join('s')}`;
  }
  const each = shape.length === 0 ? '' : shape.length === 1 ? ' for each token' : ' for each pixel';
  return `${classes} classes${each}`;
}

function modelText(loaded: Loaded): string {
  const { found } = loaded;
  const title = `${formatPath(found.file)}${found.exportName === undefined ? '' : `#${found.exportName}`}`;
  if ('problem' in loaded) return `${title}\n  ${loaded.problem.replaceAll('\n', '\n  ')}\n`;
  const { network } = loaded;
  const frozen = countFrozen(network);
  const total = network.layers.reduce((sum, layer) => sum + countWeights(network, layer, false), 0);
  const inputs = network.inputs.map(formatInput).join(' and ');
  const shape = `${inputs} to ${formatOutput(network)}`;
  const table = formatTable(
    [
      { title: 'layer' },
      { title: 'class' },
      { title: 'output' },
      { title: 'weights', align: 'right' },
      { title: 'prunable', align: 'right' },
      { title: 'source' },
    ],
    network.layers.map((layer) => [
      layer.name,
      layer.className,
      formatShape(layer.outputShape),
      formatCount(countWeights(network, layer, false)),
      formatCount(countWeights(network, layer, true)),
      formatPlace(layer.source[0]),
    ]),
  );
  const { names, chosen } = network.outputs ?? { names: [], chosen: 0 };
  const output = names.length > 1 ? `, output ${names[chosen]} of ${names.join(', ')}` : '';
  const frozenPart = frozen === 0 ? '' : `, ${formatCount(frozen)} of them frozen`;
  return `${title}  ${network.name}, ${shape}${output}, ${formatCount(total)} weights${frozenPart}\n${table}`;
}

/**
 * Says of a file that was named, and in which nothing is found, what it is.
 * @throws UserError where it is no model file, or data that is no model.
 */
async function explainFile(path: string, frontEnds: readonly FrontEnd[], signal: AbortSignal): Promise<void> {
  const specifier = parseModelSpecifier(path, frontEnds);
  if (frontEndFor(specifier.file, frontEnds)?.runsCode(specifier.file)) return;
  await loadNetwork(specifier, { signal, trusted: false }, frontEnds);
}

export async function runModels(
  path: string,
  flags: ModelsFlags,
  signal: AbortSignal,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): Promise<void> {
  const onProblem = (problem: UserError) => note(`Left out: ${formatError(problem)}`);
  const found = await findModels(path, { onProblem, onLeftOut: (problem) => note(formatError(problem)), frontEnds });
  if (found.length === 0 && statSync(path).isFile()) await explainFile(path, frontEnds, signal);
  const loaded: Loaded[] = [];
  for (const one of found) loaded.push(await load(one, flags, frontEnds, signal));
  if (flags.json) printJson({ models: loaded.map(modelJson) });
  else if (loaded.length > 0) print(loaded.map(modelText).join('\n'));
  else {
    const definitions = frontEnds.map(({ definition }) => `no ${definition}`).join(', ');
    note(`No model definition is in ${formatPath(path)}: ${definitions}.`);
  }
}
