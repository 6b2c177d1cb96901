/** Models of several inputs and outputs for tests. */
import type { LayerConfig, ModelDescription } from '../../server/frontends/keras/description';
import { FILE } from './networks';

/** Name, class and configuration of a layer, and the layers it takes its inputs from. */
export type WiredRow = readonly [name: string, className: string, config: LayerConfig, ...inputs: string[]];

/** A model with inputs of the given shapes, whose outputs are the named layers. */
export function wire(
  inputs: { readonly [name: string]: readonly number[] },
  rows: readonly WiredRow[],
  outputs: readonly string[],
): ModelDescription {
  const reference = (layer: string) => ({ layer, call: 0, output: 0 });
  const all: readonly WiredRow[] = [
    ...Object.entries(inputs).map(
      ([name, shape]): WiredRow => [name, 'InputLayer', { batchInputShape: [null, ...shape] }],
    ),
    ...rows,
  ];
  return {
    name: 'net',
    file: FILE,
    layers: all.map(([name, className, config, ...from], i) => ({
      name,
      className,
      config,
      calls: [from.map(reference)],
      source: [{ file: FILE, line: i + 1, column: 3 }],
    })),
    inputs: Object.keys(inputs).map(reference),
    outputs: outputs.map(reference),
  };
}
