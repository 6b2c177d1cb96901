/** Frames: opened modules, drawn around what they hold. */
import type { ModelSummary } from '../../server/protocol/results';
import type { Module } from './folding';

/** The modules that are open, from the outside in. */
export function shownFrames(tree: Module, opened: ReadonlySet<string>): readonly Module[] {
  return tree.children.flatMap((child) =>
    child.children.length > 0 && opened.has(child.path) ? [child, ...shownFrames(child, opened)] : [],
  );
}

type Connected = Pick<ModelSummary, 'connections' | 'joins' | 'layers'>;

/** The layers that a join reads from, or that read from it; of another join, the layer before that. */
function neighborsOf(join: number, { connections = [], joins = [], layers }: Connected): readonly number[] {
  const place = layers.length + join;
  const layerOf = (at: number) => (at < layers.length ? at : joins[at - layers.length]);
  return connections.flatMap(([from, to]) => {
    if (from === place) return [layerOf(to)];
    return to === place ? [layerOf(from)] : [];
  });
}

/**
 * The frame around each part: nodes, then joins, then the frames themselves; undefined where there is none. A join is in the frame of the
 * layer before it and of another one that it is connected with.
 */
export function framesAround(
  nodes: readonly Module[],
  joins: readonly number[],
  frames: readonly Module[],
  summary: Connected,
): readonly (number | undefined)[] {
  const held = frames.map(({ layers }) => new Set(layers));
  const innermost = (isAround: (layers: ReadonlySet<number>, frame: number) => boolean) => {
    for (let frame = frames.length - 1; frame >= 0; frame--) if (isAround(held[frame], frame)) return frame;
    return undefined;
  };
  return [
    ...nodes.map(({ layers: [layer] }) => innermost((around) => around.has(layer))),
    ...joins.map((join) => {
      const before = summary.joins![join];
      const neighbors = neighborsOf(join, summary);
      return innermost((around) => around.has(before) && neighbors.filter((layer) => around.has(layer)).length > 1);
    }),
    ...frames.map(({ layers: [layer] }, own) => innermost((around, frame) => frame < own && around.has(layer))),
  ];
}

/** What a part is called within its frame: without what all of the frame is called. */
export function nameWithin(path: string, frame: string | undefined): string {
  return frame !== undefined && path.startsWith(frame) ? path.slice(frame.length + 1) : path;
}
