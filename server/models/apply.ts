/** Adding a network's computation to a graph. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { Ending } from '../objectives';
import { type ApplyLayer, evaluateModel } from './evaluate';
import type { LayerInstance, ModelInstance } from './instances';
import type { NetworkLayer } from './network';
import type { DeclaredParameter } from './parameters';
import { penalty } from './regularizers';
import type { Application, Mode, Noise } from './types';

/** A network whose layers have been read. */
interface Assembly {
  readonly model: ModelInstance;
  readonly layers: ReadonlyMap<LayerInstance, NetworkLayer>;
  readonly parameters: readonly DeclaredParameter[];
  /** Kinds of functions at the end of the model that are not applied. */
  readonly leavesOut: readonly Ending['kind'][];
}

/** See `Network.apply`. */
export function applyNetwork(
  { model, layers, parameters, leavesOut }: Assembly,
  b: Builder,
  x: Node,
  nodes: ReadonlyMap<string, Node>,
  mode: Mode,
  observe?: (layer: string, value: Node) => void,
): Application {
  const statistics = new Map<string, Node>();
  const noise: Noise[] = [];
  const maskCounts = new Map<LayerInstance, number>();
  const nodeOf = (name: string): Node => {
    const node = statistics.get(name) ?? nodes.get(name);
    if (!node) throw new Error(`no node was given for the parameter ${name}`);
    return node;
  };

  const apply: ApplyLayer = (instance, inputs, isLast) => {
    const { built } = layers.get(instance)!;
    const output = built.apply(
      {
        b,
        mode,
        parameter: (name) => nodeOf(`${instance.name}/${name}`),
        updateStatistic: (name, value) => void statistics.set(`${instance.name}/${name}`, value),
        dropoutMask(shape, rate) {
          // Each call of a shared layer has a mask of its own.
          const count = maskCounts.get(instance) ?? 0;
          maskCounts.set(instance, count + 1);
          const input = `${instance.name}/mask${count === 0 ? '' : count}`;
          noise.push({ input, shape, rate });
          return b.input(input, shape);
        },
      },
      inputs,
    );
    const { activation } = built;
    return activation && !(isLast && leavesOut.includes(activation.kind)) ? activation.apply(b, output) : output;
  };
  const logits = evaluateModel(model, [x], apply, observe && ((layer, value) => observe(layer.name, value)));

  const penalties = parameters.flatMap(({ name, trainable, regularizer }) =>
    trainable && regularizer ? [penalty(b, regularizer, nodeOf(name))] : [],
  );
  return {
    logits,
    statistics,
    noise,
    ...(penalties.length > 0 && { penalty: penalties.reduce((sum, term) => b.add(sum, term)) }),
  };
}
