/** Lines of the user's files that messages about a network point at. */
import type { SourceLocation } from '../protocol/errors';
import type { LayerInfo } from './types';

type Layers = readonly Pick<LayerInfo, 'source' | 'parameters'>[];

/** Where the layer of a parameter was made; undefined where that is not known. */
export function lineOfParameter(layers: Layers, parameter: string): SourceLocation | undefined {
  return layers.find(({ parameters }) => parameters.includes(parameter))?.source[0];
}

/** Where the first of the layers was made of which that is known. */
export function firstLine(layers: Layers): SourceLocation | undefined {
  return layers.find(({ source }) => source.length > 0)?.source[0];
}

/** The same of the last one. */
export function lastLine(layers: Layers): SourceLocation | undefined {
  return layers.findLast(({ source }) => source.length > 0)?.source[0];
}
