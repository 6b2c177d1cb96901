/** Errors that name the layer they are about and point at the line it was made on. */
import { UserError } from '../protocol/errors';
import type { LayerInfo } from './types';

/** Throws a UserError about one layer. */
export type Fail = (message: string, hint?: string) => never;

/** `Layer 'conv1' (Conv2D): …` at the layer's innermost source line; `name` is the layer's unique name. */
export function layerFailure(name: string, layer: Pick<LayerInfo, 'className' | 'source'>): Fail {
  return (message, hint) => {
    throw new UserError(`Layer '${name}' (${layer.className}): ${message}`, {
      ...(layer.source.length > 0 && { location: layer.source[0] }),
      ...(hint !== undefined && { hint }),
    });
  };
}

/** `[8, 8, 3]`, for messages. */
export function formatExtents(shape: readonly (number | null)[]): string {
  return `[${shape.map((extent) => extent ?? '?').join(', ')}]`;
}
