/**
 * Tells the values that the user's code gives to weights from those an initializer would draw. Standard initializers
 * are not run while loading: zeros stand in for their values until somebody reads them.
 */
import type { Initializer, Layer, LayerVariable, Tensorflow } from './tensorflowShapes';

export type WeightValues = {
  readonly [name: string]: { readonly shape: readonly number[]; readonly data: Float32Array };
};

interface RecordedWeight {
  readonly name: string;
  readonly variable: LayerVariable;
  /** Whether the layer's class trains it, where nobody freezes it. */
  readonly isTrained: boolean;
  /** Whether its initializer is one that the engine draws from the seed of a run. */
  readonly standard: boolean;
  /** Identity of the storage that holds the initializer's values; any other storage was written by the user's code. */
  initialStorage: object;
}

type AddWeight = (
  this: Layer,
  name: string,
  shape: readonly number[],
  dtype: string | undefined,
  initializer: Initializer,
  ...others: unknown[]
) => LayerVariable;

function standardInitializers(tf: Tensorflow): ReadonlySet<unknown> {
  const factories = Object.values(tf.initializers).filter((make) => typeof make === 'function');
  return new Set(factories.map((make) => Object.getPrototypeOf(make({ value: 0, scale: 1, gain: 1 }))));
}

/** Runs the initializer of `weight` after all, at the first read of its variable. */
function initializeOnRead(weight: RecordedWeight, initialize: () => ReturnType<Initializer['apply']>): void {
  const { variable } = weight;
  Object.defineProperty(variable, 'read', {
    configurable: true,
    value(this: LayerVariable) {
      Reflect.deleteProperty(this, 'read');
      if (this.val.dataId === weight.initialStorage) {
        const value = initialize();
        this.val.assign(value);
        value.dispose();
        weight.initialStorage = this.val.dataId;
      }
      return this.read();
    },
  });
}

/** The initializer that an LSTM makes of its bias's own for a forget gate of ones, which the engine does too. */
function isForgetBias(initializer: Initializer): boolean {
  return (initializer.constructor as { readonly className?: string }).className === 'CustomInit';
}

export interface WeightWatch {
  /** The weights of a layer that have values of the user's. */
  valuesOf(layer: Layer): WeightValues | undefined;
  /** Names of the weights of a layer that its class would train. */
  trainedOf(layer: Layer): readonly { readonly name: string; readonly variable: LayerVariable }[];
}

/** From now on the weights of every layer are recorded. */
export function watchWeights(tf: Tensorflow): WeightWatch {
  const recorded = new WeakMap<Layer, RecordedWeight[]>();
  const copied = new WeakSet<object>();
  const all: RecordedWeight[] = [];
  const standard = standardInitializers(tf);
  const zeros = tf.initializers.zeros({});
  const prototype = tf.layers.Layer.prototype as unknown as { addWeight: AddWeight };
  const addWeight = prototype.addWeight;

  prototype.addWeight = function (name, shape, dtype, initializer, ...others) {
    // A regularizer, whether it is trained, a constraint.
    const isTrained = others[1] !== false;
    const isStandard =
      initializer != null && (standard.has(Object.getPrototypeOf(initializer)) || isForgetBias(initializer));
    const variable = addWeight.call(this, name, shape, dtype, isStandard ? zeros : initializer, ...others);
    const weight = { name, variable, isTrained, standard: isStandard, initialStorage: variable.val.dataId };
    if (isStandard) initializeOnRead(weight, () => initializer.apply(shape, dtype ?? 'float32'));
    recorded.set(this, [...(recorded.get(this) ?? []), weight]);
    all.push(weight);
    return variable;
  };

  const isWritten = ({ variable, standard: drawn, initialStorage }: RecordedWeight): boolean =>
    !drawn || variable.val.dataId !== initialStorage;

  /** The weights of a layer and of the layers inside it, under the names that TensorFlow.js saves them by. */
  const recordedOf = (layer: Layer): readonly RecordedWeight[] => [
    ...(recorded.get(layer) ?? []),
    ...[layer.cell, layer.layer].flatMap((inner) => (inner ? recordedOf(inner) : [])),
    ...[layer.forwardLayer, layer.backwardLayer].flatMap((inner) =>
      inner ? recordedOf(inner).map((weight) => ({ ...weight, name: `${inner.name}/${weight.name}` })) : [],
    ),
  ];

  const valuesOf = (layer: Layer): WeightValues | undefined => {
    // A weight whose drawn values were copied into another one keeps them, so that the two stay equal.
    for (const { variable, initialStorage } of all) {
      if (variable.val.dataId !== initialStorage) copied.add(variable.val.dataId);
    }
    const values = recordedOf(layer)
      .filter((weight) => isWritten(weight) || copied.has(weight.initialStorage))
      .map(({ name, variable }) => [
        name,
        { shape: [...variable.shape], data: Float32Array.from(variable.val.dataSync()) },
      ]);
    return values.length === 0 ? undefined : Object.fromEntries(values);
  };
  return { valuesOf, trainedOf: (layer) => (recorded.get(layer) ?? []).filter(({ isTrained }) => isTrained) };
}
