/** Layers of a network. */
import type { BuiltLayer } from '../layers/definition';
import type { LayerInstance } from './instances';
import type { DeclaredParameter } from './parameters';

/** A layer that has been read: its computation and its parameters. */
export interface NetworkLayer {
  readonly instance: LayerInstance;
  readonly built: BuiltLayer;
  readonly parameters: readonly DeclaredParameter[];
}
