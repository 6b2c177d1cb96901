/** Adding a network's computation to a graph. */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';
import type { Application, Mode, Noise } from '../../../models/types';
import type { Ending } from '../../../objectives';
import { type ApplyLayer, evaluateModel } from './evaluate';
import type { LayerInstance, ModelInstance } from './instances';
import type { NetworkLayer } from './networkLayer';
import type { DeclaredParameter } from './parameters';
import { penalty } from './regularizers';
import { createStepMasks, passMask } from './stepMasks';

/** A network whose layers have been read. */
interface Assembly {
  readonly model: ModelInstance;
  readonly layers: ReadonlyMap<LayerInstance, NetworkLayer>;
  readonly parameters: readonly DeclaredParameter[];
  /** Kinds of functions at the end of the model that are not applied. */
  readonly leavesOut: readonly Ending['kind'][];
}

/** Noise without the name of its input. */
type Drawn = Noise extends infer One ? (One extends Noise ? Omit<One, 'input'> : never) : never;

/** See `Network.apply`. */
export function applyNetwork(
  { model, layers, parameters, leavesOut }: Assembly,
  b: Builder,
  inputs: readonly Node[],
  nodes: ReadonlyMap<string, Node>,
  mode: Mode,
  observe?: (layer: string, value: Node) => void,
): Application {
  const statistics = new Map<string, Node>();
  const noise: Noise[] = [];
  const noiseCounts = new Map<LayerInstance, number>();
  const mask = createStepMasks();
  const nodeOf = (name: string): Node => {
    const node = statistics.get(name) ?? nodes.get(name);
    if (!node) throw new Error(`no node was given for the parameter ${name}`);
    return node;
  };

  const draw = (instance: LayerInstance, what: string, drawn: Drawn): Node => {
    // Each call of a shared layer has noise of its own.
    const count = noiseCounts.get(instance) ?? 0;
    noiseCounts.set(instance, count + 1);
    const input = `${instance.name}/${what}${count === 0 ? '' : count}`;
    noise.push({ input, ...drawn });
    return b.input(input, drawn.shape);
  };

  const apply: ApplyLayer = (instance, inputs, isLast) => {
    const { built } = layers.get(instance)!;
    const output = built.apply(
      {
        b,
        mode,
        parameter: (name) => nodeOf(`${instance.name}/${name}`),
        updateStatistic: (name, value) => void statistics.set(`${instance.name}/${name}`, value),
        mask,
        dropoutMask: (shape, rate) => draw(instance, 'mask', { shape, rate }),
        gaussian: (shape, deviation) => draw(instance, 'noise', { shape, deviation }),
      },
      inputs,
    );
    const { activation } = built;
    const result =
      activation && mode !== 'flow' && !(isLast && leavesOut.includes(activation.kind))
        ? activation.apply(b, output)
        : output;
    passMask(b, mask, instance, inputs, output, result);
    return result;
  };
  const logits = evaluateModel(model, inputs, apply, observe && ((layer, value) => observe(layer.name, value)));

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
