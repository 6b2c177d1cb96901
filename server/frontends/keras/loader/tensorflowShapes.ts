/** The parts of TensorFlow.js's layers that the loader reads, whichever version the user has. */

export interface SymbolicTensor {
  readonly shape: readonly (number | null)[];
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

export interface CallNode {
  readonly inboundLayers: readonly Layer[];
  readonly inputTensors: readonly SymbolicTensor[];
}

export interface Variable {
  readonly dataId: object;
  readonly isDisposed: boolean;
  assign(value: Tensor): void;
  dataSync(): ArrayLike<number>;
}

export interface Tensor {
  readonly shape: number[];
  dispose(): void;
}

export interface LayerVariable {
  readonly shape: readonly number[];
  readonly val: Variable;
  read(): Variable;
}

export interface Initializer {
  apply(shape: readonly number[], dtype?: string): Tensor;
}

export interface Layer {
  readonly name: string;
  readonly trainable: boolean;
  readonly inboundNodes: readonly CallNode[];
  readonly weights: readonly LayerVariable[];
  readonly trainableWeights: readonly LayerVariable[];
  /** Of depthwise and separable convolutions. */
  readonly depthMultiplier?: number;
  /** Of recurrent layers. */
  readonly cell?: Layer;
  /** Of wrappers. */
  readonly layer?: Layer;
  /** Of bidirectional ones. */
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  getClassName(): string;
  getConfig(): Record<string, unknown>;
}

export interface LayersModel extends Layer {
  readonly layers: readonly Layer[];
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

type Constructor<T> = abstract new (...args: never[]) => T;

/** What `tf.loadLayersModel` reads a model by. */
export interface ModelArtifacts {
  readonly modelTopology: unknown;
  readonly weightSpecs?: readonly unknown[];
  readonly weightData?: ArrayBuffer;
}

export interface ModelHandler {
  load(): Promise<ModelArtifacts>;
}

/** The namespace `tf`, as far as the loader needs it. */
export interface Tensorflow {
  readonly layers: { readonly Layer: Constructor<Layer> };
  readonly LayersModel: Constructor<LayersModel>;
  readonly Sequential: Constructor<LayersModel>;
  readonly SymbolicTensor: Constructor<SymbolicTensor>;
  readonly Tensor: Constructor<Tensor>;
  readonly initializers: { readonly [name: string]: (args: Record<string, unknown>) => Initializer };
  readonly io: { registerLoadRouter(router: (url: string | string[]) => ModelHandler | null): void };
  setBackend(name: string): Promise<boolean>;
  backend(): { firstUse?: boolean };
}
