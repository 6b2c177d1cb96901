/** How long it takes from a move of the slider until all tiles on the screen show it. */
import type { TileInput } from './tileInput';

/** Name of the measure from a move of the slider to the repaint of all tiles on the screen, for `performance`. */
export const REPAINT = 'prunelens:repaint';

export interface RepaintWatch {
  /** The slider was moved. */
  moved(): void;
  /** The tiles of these weights are to show an input. */
  expect(input: TileInput | undefined, weights: ReadonlySet<string>): void;
  /** A tile shows an input. */
  painted(weight: string, input: TileInput): void;
}

export function createRepaintWatch(): RepaintWatch {
  const unpainted = new Set<string>();
  let expected: TileInput | undefined;
  let start = 0;
  return {
    moved() {
      start = performance.now();
    },
    expect(input, weights) {
      if (input === expected) return;
      expected = input;
      unpainted.clear();
      for (const weight of weights) unpainted.add(weight);
    },
    painted(weight, input) {
      if (input !== expected) return;
      unpainted.delete(weight);
      if (unpainted.size > 0 || start === 0) return;
      performance.clearMeasures(REPAINT);
      performance.measure(REPAINT, { start });
      start = 0;
    },
  };
}
