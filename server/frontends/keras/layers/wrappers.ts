/** Layers around another layer: Bidirectional and TimeDistributed. */
import type { Builder } from '../../../graph/builder';
import { scale } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import type { Shape } from '../../../protocol/tensor';
import type { ConfigValue, LayerConfig } from '../description';
import { readConfig } from '../network/config';
import {
  type BuiltLayer,
  type CallScope,
  eachStep,
  type LayerContext,
  type LayerDefinition,
  oneInput,
} from './definition';
import { reversed } from './reversed';

/** A layer's class and configuration inside its wrapper's. */
interface Inner {
  readonly className: string;
  readonly config: LayerConfig;
}

function isObject(value: ConfigValue | undefined): value is { [key: string]: ConfigValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readInner({ config, fail }: LayerContext, option: string): Inner {
  const value = config.value(option);
  if (!isObject(value) || typeof value.className !== 'string' || !isObject(value.config)) {
    return fail(`the option ${option} does not hold a layer.`);
  }
  return { className: value.className, config: value.config };
}

/** The part of a wrapper's scope that is an inner layer's, whose parameters have a prefix. */
function innerScope(scope: CallScope, prefix: string): CallScope {
  return {
    ...scope,
    parameter: (name) => scope.parameter(`${prefix}/${name}`),
    updateStatistic: (name, value) => scope.updateStatistic(`${prefix}/${name}`, value),
  };
}

/** Builds an inner layer whose parameters are named `prefix/…`; its activation is applied with it. */
function buildInner(
  context: LayerContext,
  { className, config }: Inner,
  prefix: string,
  inputs: readonly Shape[],
): Pick<BuiltLayer, 'apply' | 'macs'> {
  const { fail, findLayer } = context;
  const definition =
    findLayer(className) ?? fail(`it wraps a layer of the class ${className}, which is not supported.`);
  const reader = readConfig(config, fail);
  const built = definition.build({
    ...context,
    config: reader,
    inputs,
    trainable: context.trainable && config.trainable !== false,
    parameter: (request) => context.parameter({ config: reader, ...request, name: `${prefix}/${request.name}` }),
  });
  reader.finish();
  const { activation, macs } = built;
  return {
    apply(scope, nodes) {
      const value = built.apply(innerScope(scope, prefix), nodes);
      return activation && scope.mode !== 'flow' ? activation.apply(scope.b, value) : value;
    },
    ...(macs && { macs: (input: Shape, output: Shape) => macs.call(built, input, output) }),
  };
}

function nameOf({ className, config }: Inner): string {
  return String(config.name ?? className);
}

/** The name of one direction's layer. Keras 3 writes it with the prefix already, TensorFlow.js without. */
function prefixed(prefix: 'forward_' | 'backward_', inner: Inner): string {
  const name = nameOf(inner).replace(/^forward_/, '');
  return `${prefix}${name}`;
}

type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';

function merge(b: Builder, mode: MergeMode, forward: Node, backward: Node): Node {
  switch (mode) {
    case 'concat':
      return b.concat([forward, backward], forward.shape.length - 1);
    case 'sum':
      return b.add(forward, backward);
    case 'mul':
      return b.multiply(forward, backward);
    default:
      return scale(b, b.add(forward, backward), 0.5);
  }
}

/** A recurrent layer and its mirror image, which goes through the steps from the last to the first. */
export const bidirectional: LayerDefinition = {
  ...oneInput((context) => {
    const { config, inputs, fail } = context;
    const inner = readInner(context, 'layer');
    const mirrored = config.value('backwardLayer') === undefined ? undefined : readInner(context, 'backwardLayer');
    const mode = config.choice<MergeMode>('mergeMode', ['concat', 'sum', 'mul', 'ave'], 'concat');
    const backwards: LayerConfig = mirrored?.config ?? {
      ...inner.config,
      goBackwards: inner.config.goBackwards !== true,
    };
    if (!['LSTM', 'GRU', 'SimpleRNN'].includes(inner.className)) {
      fail(`it wraps a layer of the class ${inner.className}; LSTM, GRU and SimpleRNN are supported.`);
    }
    const returnsSequences = inner.config.returnSequences === true;
    const forward = buildInner(context, inner, prefixed('forward_', inner), inputs);
    const backward = buildInner(
      context,
      { className: mirrored?.className ?? inner.className, config: backwards },
      mirrored ? nameOf(mirrored) : prefixed('backward_', inner),
      inputs,
    );
    return {
      apply(scope, [x]) {
        const { b } = scope;
        const there = forward.apply(scope, [x]);
        const back = backward.apply(scope, [x]);
        const merged = merge(b, mode, there, returnsSequences ? reversed(b, back, 1) : back);
        const mask = scope.mask.get(x);
        if (mask && returnsSequences) scope.mask.set(merged, mask);
        return merged;
      },
      macs: (input, output) => (forward.macs?.(input, output) ?? 0) + (backward.macs?.(input, output) ?? 0),
    };
  }),
  masking: 'uses',
};

/** A layer applied to each step of [steps, …] alone. */
export const timeDistributed = eachStep((context) => {
  const { inputs, fail } = context;
  const inner = readInner(context, 'layer');
  const [steps, ...rest] = inputs[0];
  if (steps === undefined) fail('its input is a single number an example, it needs an axis of steps.');
  const built = buildInner(context, inner, nameOf(inner), [rest]);
  return {
    apply(scope, [x]) {
      const { b } = scope;
      const [n, length, ...shape] = x.shape;
      const each = built.apply(scope, [b.reshape(x, [n * length, ...shape])]);
      return b.reshape(each, [n, length, ...each.shape.slice(1)]);
    },
    macs: (input, output) => steps * (built.macs?.(input.slice(1), output.slice(1)) ?? 0),
  };
});
