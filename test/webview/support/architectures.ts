/** Networks as a host would tell them: with the names and connections of ResNet-50 and of a 12-block ViT in PyTorch. */
import type { HeatmapState } from '../../../server/protocol/editor';
import type { LayerSummary } from '../../../server/protocol/results';

interface Growing {
  /** Joins: what they read, and the last layer before each. */
  readonly joins: { readonly inputs: readonly number[]; readonly after: number }[];
  readonly layers: LayerSummary[];
  readonly connections: [number, number][];
}

const FILE = '/workspace/models/net.py';

/** Adds a layer that reads from `inputs`; gives its place. */
function grow(network: Growing, name: string, className: string, inputs: readonly number[], weights = 0): number {
  const place = network.layers.length;
  network.layers.push({
    name,
    className,
    source: [{ file: FILE, line: place + 10, column: 1 }],
    outputShape: [14, 14, 256],
    parameters: weights > 0 ? [{ name: `${name}.weight`, shape: [weights], size: weights, prunable: true }] : [],
    macs: 196 * weights,
  });
  for (const input of inputs) network.connections.push([input, place]);
  return place;
}

/** Joins are numbered from here while a network grows. */
const JOINS = 10_000;

function stateOf(name: string, { layers, connections: grown, joins }: Growing): HeatmapState {
  const placeOf = (place: number) => (place < JOINS ? place : layers.length + place - JOINS);
  const into = joins.flatMap(({ inputs }, at) => inputs.map((input) => [input, JOINS + at] as const));
  const connections = [...grown, ...into].map(([from, to]) => [placeOf(from), placeOf(to)] as const);
  const weighted = layers.filter(({ parameters }) => parameters.length > 0);
  const kept = (at: number, total: number) => (at === weighted.length - 3 ? 0 : Math.round(total / (2 + at)));
  const selected = weighted.map(({ name: layer, parameters: [{ name: weight, size: total }], macs }, at) => ({
    layer,
    weight,
    total,
    kept: kept(at, total),
    macs,
    sparseMacs: Math.round((macs * kept(at, total)) / total),
  }));
  const scoreId = 'snip-1';
  return {
    summary: {
      model: `${FILE}#${name}`,
      name,
      inputShape: [224, 224, 3],
      classes: 10,
      layers,
      connections,
      joins: joins.map(({ after }) => after),
    },
    scores: [
      {
        scoreId,
        model: FILE,
        method: 'snip',
        title: 'SNIP',
        seed: 0,
        backend: 'cpu',
        device: 'CPU',
        seconds: 1,
        weights: [],
      },
    ],
    shown: 'snip',
    sparsity: 0.95,
    selection: {
      scoreId,
      sparsity: 0.95,
      threshold: 0.1,
      prunable: 1,
      kept: 1,
      layers: selected,
      collapsed: [],
      disconnected: [],
    },
    stale: false,
  };
}

export function resnet50(): HeatmapState {
  const network: Growing = { layers: [], connections: [], joins: [] };
  const add = (name: string, className: string, inputs: readonly number[], weights?: number) =>
    grow(network, name, className, inputs, weights);
  const unit = (name: string, number: number, input: number, weights: number) =>
    add(`${name}bn${number}`, 'BatchNorm2d', [add(`${name}conv${number}`, 'Conv2d', [input], weights)]);
  let at = add('relu', 'ReLU', [unit('', 1, add('input', 'Input', []), 9408)]);
  at = add('maxpool', 'MaxPool2d', [at]);
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    for (let block = 0; block < blocks; block++) {
      const name = `layer${stage + 1}.${block}.`;
      const size = 4096 * 4 ** stage;
      const inner = unit(name, 3, unit(name, 2, unit(name, 1, at, size), 9 * size), 4 * size);
      const shortcut =
        block > 0
          ? at
          : add(`${name}downsample.1`, 'BatchNorm2d', [add(`${name}downsample.0`, 'Conv2d', [at], 4 * size)]);
      at = add(`${name}relu`, 'ReLU', [inner, shortcut]);
    }
  }
  add('fc', 'Linear', [add('avgpool', 'AdaptiveAvgPool2d', [at])], 20480);
  return stateOf('resnet50', network);
}

export function vit12(): HeatmapState {
  const network: Growing = { layers: [], connections: [], joins: [] };
  const add = (name: string, className: string, inputs: readonly number[], weights?: number) =>
    grow(network, name, className, inputs, weights);
  const join = (inputs: readonly number[], after: number) => JOINS + network.joins.push({ inputs, after }) - 1;
  let at = add('patch_embed.proj', 'Conv2d', [add('input', 'Input', [])], 147456);
  for (let block = 0; block < 12; block++) {
    const name = `blocks.${block}.`;
    const qkv = add(`${name}attn.qkv`, 'Linear', [add(`${name}norm1`, 'LayerNorm', [at])], 442368);
    const attention = add(`${name}attn.proj`, 'Linear', [qkv], 147456);
    const middle = join([at, attention], attention);
    const wide = add(`${name}mlp.fc1`, 'Linear', [add(`${name}norm2`, 'LayerNorm', [middle])], 589824);
    const narrow = add(`${name}mlp.fc2`, 'Linear', [add(`${name}mlp.act`, 'GELU', [wide])], 589824);
    at = join([middle, narrow], narrow);
  }
  add('head', 'Linear', [add('norm', 'LayerNorm', [at])], 3840);
  return stateOf('vit', network);
}
