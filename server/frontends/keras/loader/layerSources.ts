/** Notes where in the user's code each layer instance is made. */
import type { SourceLocation } from '../../../protocol/errors';
import type { StackFrame, StackReader } from './stackFrames';
import type { Layer, Tensorflow } from './tensorflowShapes';

/** A property that the constructor of every layer, model and input layer sets once, before anything of a subclass. */
const PROPERTY_OF_EVERY_LAYER = 'supportsMasking';

/** Names of the classes that `layer` is an instance of. */
function classNames(layer: object): Set<string> {
  const names = new Set<string>();
  for (let type = Object.getPrototypeOf(layer); type !== null; type = Object.getPrototypeOf(type)) {
    names.add(type.constructor.name);
  }
  return names;
}

/** The frames that ask for the layer: those of its own constructor, in a class of the user, are how it is made. */
function withoutOwnConstructors(frames: readonly StackFrame[], layer: object): SourceLocation[] {
  const names = classNames(layer);
  const start = frames.findIndex(({ constructorName }) => constructorName === undefined || !names.has(constructorName));
  return frames.slice(Math.max(start, 0)).map(({ location }) => location);
}

/**
 * From now on every layer that is made is looked up by the returned function: the user's frames at its construction,
 * innermost first. It is the constructor of the base class that is watched, so factories (`tf.layers.dense`), `new`,
 * subclasses, loops, helper functions and layers that TensorFlow.js makes itself are all seen.
 */
export function watchLayerConstruction(
  tf: Tensorflow,
  stack: StackReader,
): (layer: Layer) => readonly SourceLocation[] {
  const sources = new WeakMap<object, readonly SourceLocation[]>();
  Object.defineProperty(tf.layers.Layer.prototype, PROPERTY_OF_EVERY_LAYER, {
    configurable: true,
    get: () => undefined,
    set(this: object, value: unknown) {
      sources.set(this, withoutOwnConstructors(stack.currentFrames(), this));
      Object.defineProperty(this, PROPERTY_OF_EVERY_LAYER, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  });
  return (layer) => sources.get(layer) ?? [];
}
