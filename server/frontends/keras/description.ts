/**
 * What is known of a model definition before any mathematics: the topology with its configuration and source lines.
 * The loader process (which runs the user's code) and the Keras JSON reader both produce it; `network/` consumes it.
 * It is plain JSON apart from the explicit weight values, so it crosses process boundaries.
 */
import type { SourceLocation } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';

/** Values of a Keras configuration, keys in camelCase (`kernelInitializer`, `dataFormat`). */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | { [key: string]: ConfigValue };
export type LayerConfig = { [key: string]: ConfigValue };

/** One output of one call of a layer. */
export interface TensorReference {
  /** Name of the layer, unique within its model. */
  readonly layer: string;
  /** Which call of that layer (layers can be shared), from 0. */
  readonly call: number;
  /** Which output of that call, from 0. */
  readonly output: number;
}

/** One layer instance. */
export interface LayerDescription {
  readonly name: string;
  /** Keras's class name: `Dense`, `Conv2D`, `BatchNormalization`, `Functional`, … */
  readonly className: string;
  readonly config: LayerConfig;
  /** The inputs of each call of the layer. An input layer has one call with no inputs. */
  readonly calls: readonly (readonly TensorReference[])[];
  /** Where the instance was made, innermost frame first, then its callers (a loop or helper's call sites). */
  readonly source: readonly SourceLocation[];
  /** For a model used as a layer: that model. */
  readonly model?: ModelDescription;
  /** Short names of weights that the model code has frozen one by one; a frozen layer says so in its configuration. */
  readonly frozen?: readonly string[];
  /** Values the model code has set itself (`setWeights`), by short name (`kernel`); others are initialized from the seed. */
  readonly weights?: { readonly [name: string]: { readonly shape: Shape; readonly data: Float32Array } };
  /** Names of its weights in files of Keras, by short name, where they are others than the layer's and the short name. */
  readonly variables?: { readonly [name: string]: string };
}

/** A whole model. Layers are in the order they were added; calls may refer to later layers. */
export interface ModelDescription {
  readonly name: string;
  /** The file it came from (absolute), and the export inside it where there is one. */
  readonly file: string;
  readonly exportName?: string;
  /** Files besides its own that it was made from (absolute): modules that it imports, and what its code read. */
  readonly reads?: readonly string[];
  /** False where all of it is frozen. */
  readonly trainable?: boolean;
  /** Set where all weights are those that the model's code draws from the seed. */
  readonly drawn?: true;
  readonly layers: readonly LayerDescription[];
  readonly inputs: readonly TensorReference[];
  readonly outputs: readonly TensorReference[];
}
