/** From densities to colors. */
import type { Tile } from '../../server/protocol/results';
import { rampOf } from '../shared/densityColor';
import { channels, type Palette } from '../shared/theme';

type Color = readonly [number, number, number];
const mix = (from: Color, to: Color, part: number): Color => [
  from[0] + part * (to[0] - from[0]),
  from[1] + part * (to[1] - from[1]),
  from[2] + part * (to[2] - from[2]),
];

/** Color of each density 0 … 255, as RGB. */
function rampColors(palette: Palette): readonly Color[] {
  const [empty, middle, full] = [palette.empty, palette.middle, palette.full].map(channels);
  return Array.from({ length: 256 }, (_, density) => {
    const at = rampOf(density / 255);
    return at < 0.5 ? mix(empty, middle, 2 * at) : mix(middle, full, 2 * at - 1);
  });
}

/** Bytes of base64 text. */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** What a picture shows of a tile: its density, or one of three views of a comparison. */
export type Aspect = 'density' | 'first' | 'second' | 'overlap';

/** A tile with its bytes unpacked. */
export interface Cells {
  readonly height: number;
  readonly width: number;
  readonly density: Uint8Array;
  readonly both: Uint8Array;
  readonly other: Uint8Array;
}

export function cellsOf({ height, width, density, both, other }: Tile): Cells {
  return {
    height,
    width,
    density: bytesOf(density),
    both: both ? bytesOf(both) : new Uint8Array(0),
    other: other ? bytesOf(other) : new Uint8Array(0),
  };
}

/** Pixels of a tile, one a cell. */
export function paint(cells: Cells, aspect: Aspect, palette: Palette): ImageData {
  const image = new ImageData(cells.width, cells.height);
  const set = (at: number, color: Color) => {
    image.data[4 * at] = color[0];
    image.data[4 * at + 1] = color[1];
    image.data[4 * at + 2] = color[2];
    image.data[4 * at + 3] = 255;
  };
  if (aspect === 'density') {
    const colors = rampColors(palette);
    cells.density.forEach((density, at) => void set(at, colors[density]));
    return image;
  }
  const [empty, first, second, shared] = [palette.empty, palette.first, palette.second, palette.both].map(channels);
  for (let at = 0; at < cells.density.length; at++) {
    const density = cells.density[at];
    const both = cells.both[at];
    const onlyFirst = aspect === 'second' ? 0 : Math.max(0, density - both);
    const onlySecond = aspect === 'first' ? 0 : Math.max(0, cells.other[at] - both);
    const total = both + onlyFirst + onlySecond;
    if (total === 0) {
      set(at, empty);
      continue;
    }
    const hue = mix(mix(shared, first, onlyFirst / total), second, onlySecond / total);
    set(at, mix(empty, hue, 0.15 + 0.85 * rampOf(Math.min(1, total / 255))));
  }
  return image;
}
