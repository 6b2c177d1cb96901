/** Networks as a host would tell them: with the names and connections of ResNet-50 and of a 12-block ViT in PyTorch. */
import type { HeatmapState } from '../../../server/protocol/editor';
import type { LayerSummary } from '../../../server/protocol/results';

interface Growing {
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

function stateOf(name: string, { layers, connections }: Growing): HeatmapState {
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
    summary: { model: `${FILE}#${name}`, name, inputShape: [224, 224, 3], classes: 10, layers, connections },
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
  const network: Growing = { layers: [], connections: [] };
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
  const network: Growing = { layers: [], connections: [] };
  const add = (name: string, className: string, inputs: readonly number[], weights?: number) =>
    grow(network, name, className, inputs, weights);
  let at = add('patch_embed.proj', 'Conv2d', [add('input', 'Input', [])], 147456);
  for (let block = 0; block < 12; block++) {
    const name = `blocks.${block}.`;
    const qkv = add(`${name}attn.qkv`, 'Linear', [add(`${name}norm1`, 'LayerNorm', [at])], 442368);
    const middle = [at, add(`${name}attn.proj`, 'Linear', [qkv], 147456)];
    const hidden = add(`${name}mlp.act`, 'GELU', [
      add(`${name}mlp.fc1`, 'Linear', [add(`${name}norm2`, 'LayerNorm', middle)], 589824),
    ]);
    at = add(`${name}mlp.fc2`, 'Linear', [hidden], 589824);
    network.connections.push([middle[0], at], [middle[1], at]);
  }
  add('head', 'Linear', [add('norm', 'LayerNorm', [at])], 3840);
  return stateOf('vit', network);
}
