/**
 * Generated images of cells with their masks, for segmentation without a download. They look like phase-contrast
 * microscopy: a textured, unevenly lit background, and overlapping cells with a bright rim, a body and a darker nucleus.
 * Every image follows from the seed, its split and its number alone.
 *
 * An image is made in this order, all sizes relative to the image's shorter side:
 * 1. Background: a brightness of 0.35 to 0.5, a linear change of light across the image of up to 0.15, and four waves of
 *    random direction, wave length (1/8 to 1/2) and amplitude (up to 0.04).
 * 2. Two to six cells, later ones over earlier ones. The outline is an ellipse with half axes of 0.09 to 0.22, turned at
 *    random, its radius made uneven by waves around it (2, 3, 4 and 5 periods, k of them with an amplitude of up to
 *    0.24 / k). The body is 0.08 to 0.25 brighter or darker than the background, with a texture of its own; its outermost
 *    15 % are a rim, 0.12 brighter.
 * 3. In each cell a nucleus: an ellipse of 0.35 to 0.5 of the cell's size, off its centre, 0.15 to 0.25 darker.
 * 4. Gaussian noise with a deviation of 0.03 to 0.06 on every pixel; the result is cut to 0 … 1 and stored as a byte.
 *
 * The mask has class 0 for background, 1 for the body of a cell (with its rim) and 2 for a nucleus.
 */
import { usageError } from '../protocol/errors';
import { createRandom, type Random } from '../random';
import type { RawDataset, RawSplit } from './examples';

const CLASS_NAMES = ['background', 'cell', 'nucleus'];
const [BACKGROUND, CELL, NUCLEUS] = [0, 1, 2];

/** What a `cells` data set consists of. */
interface CellsOptions {
  readonly height: number;
  readonly width: number;
  readonly train: number;
  readonly test: number;
  readonly seed: number;
}

/** Whether a data set's name asks for generated cells. */
export function isCells(name: string): boolean {
  return name === 'cells' || name.startsWith('cells:');
}

/** `cells`, `cells:64x64`, `cells:64x64:1000:200` (training and test images), `cells:64x64:1000:200:7` (and a seed). */
function parseName(name: string): CellsOptions {
  const match = /^cells(?::(\d+)x(\d+)(?::(\d+):(\d+)(?::(\d+))?)?)?$/.exec(name);
  const [height = 32, width = 32, train = 512, test = 128, seed = 0] = (match ?? [])
    .slice(1)
    .map((text) => (text === undefined ? undefined : Number(text)));
  if (!match || height < 8 || width < 8 || train < 1 || test < 1) {
    throw usageError(
      `'${name}' is not a data set of cells.`,
      'Write cells, or cells:HEIGHTxWIDTH:TRAIN:TEST:SEED such as cells:64x64:1000:200; images are 8x8 at least.',
    );
  }
  return { height, width, train, test, seed };
}

/** Generates the data set of a name such as `cells`: by default 512 training and 128 test images of 32x32x1. */
export function openCells(name: string): RawDataset {
  const options = parseName(name);
  const { height, width } = options;
  return {
    name,
    shape: [height, width, 1],
    classes: CLASS_NAMES.length,
    classNames: CLASS_NAMES,
    labelShape: [height, width],
    kind: 'bytes',
    train: createSplit(options, 'train', options.train),
    test: createSplit(options, 'test', options.test),
  };
}

function createSplit({ height, width, seed }: CellsOptions, split: string, count: number): RawSplit {
  const size = height * width;
  const bytes = new Uint8Array(count * size);
  const labels = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed, 'cells', split, i);
    const { image, mask } = drawImage(random, height, width);
    labels.set(mask, i * size);
    const noise = between(random, 0.03, 0.06);
    for (let at = 0; at < size; at++) {
      const value = image[at] + noise * random.normal();
      bytes[i * size + at] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return { labels, load: () => ({ kind: 'bytes', bytes, offset: 0, stride: size, planar: false }) };
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A function of the place, in units of the image's shorter side. */
type Field = (x: number, y: number) => number;

/** Some waves across the image. */
function createTexture(random: Random, waves: number, amplitude: number): Field {
  const parts = Array.from({ length: waves }, () => {
    const direction = between(random, 0, 2 * Math.PI);
    const frequency = (2 * Math.PI) / between(random, 1 / 8, 1 / 2);
    return {
      x: frequency * Math.cos(direction),
      y: frequency * Math.sin(direction),
      phase: between(random, 0, 2 * Math.PI),
      amplitude: between(random, 0, amplitude),
    };
  });
  return (x, y) =>
    parts.reduce((sum, part) => sum + part.amplitude * Math.sin(part.x * x + part.y * y + part.phase), 0);
}

function createBackground(random: Random): Field {
  const brightness = between(random, 0.35, 0.5);
  const [right, down] = [between(random, -0.15, 0.15), between(random, -0.15, 0.15)];
  const texture = createTexture(random, 4, 0.04);
  return (x, y) => brightness + right * (x - 0.5) + down * (y - 0.5) + texture(x, y);
}

/** How far out a place is: 0 at the centre, 1 on the outline, more outside. */
type Outline = Field;

/** No bump of an outline reaches so far: the waves' amplitudes sum up to less than a third. */
const OUTSIDE = 4 / 3;

/** An ellipse whose radius is made uneven by waves around it. */
function createOutline(
  random: Random,
  [centerX, centerY]: readonly [number, number],
  axes: readonly [number, number],
  unevenness: number,
): Outline {
  const turn = between(random, 0, Math.PI);
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const bumps = [2, 3, 4, 5].map((wave) => ({
    wave,
    amplitude: between(random, 0, unevenness / wave),
    phase: between(random, 0, 2 * Math.PI),
  }));
  return (x, y) => {
    const along = ((x - centerX) * cosine + (y - centerY) * sine) / axes[0];
    const across = ((y - centerY) * cosine - (x - centerX) * sine) / axes[1];
    const distance = Math.hypot(along, across);
    if (distance > OUTSIDE) return distance;
    const angle = Math.atan2(across, along);
    const radius = bumps.reduce((sum, bump) => sum + bump.amplitude * Math.sin(bump.wave * angle + bump.phase), 1);
    return distance / radius;
  };
}

interface Cell {
  readonly outline: Outline;
  readonly nucleus: Outline;
  /** Brightness of the body over the background's. */
  readonly contrast: number;
  readonly texture: Field;
  /** By how much the nucleus is darker than the body. */
  readonly depth: number;
}

function createCell(random: Random, width: number, height: number): Cell {
  const center = [between(random, 0, width), between(random, 0, height)] as const;
  const axes = [between(random, 0.09, 0.22), between(random, 0.09, 0.22)] as const;
  const share = between(random, 0.35, 0.5);
  const offset = 0.3 * Math.min(...axes);
  const nucleusCenter = [
    center[0] + between(random, -offset, offset),
    center[1] + between(random, -offset, offset),
  ] as const;
  return {
    outline: createOutline(random, center, axes, 0.24),
    nucleus: createOutline(random, nucleusCenter, [share * axes[0], share * axes[1]], 0.12),
    contrast: between(random, 0.08, 0.25) * (random.integer(2) === 0 ? 1 : -1),
    texture: createTexture(random, 3, 0.03),
    depth: between(random, 0.15, 0.25),
  };
}

const RIM = 0.85;
const RIM_BRIGHTNESS = 0.12;

/** One image, without noise, and its mask. */
function drawImage(random: Random, rows: number, columns: number): { image: Float64Array; mask: Uint8Array } {
  const unit = Math.min(rows, columns);
  const background = createBackground(random);
  const cells = Array.from({ length: 2 + random.integer(5) }, () => createCell(random, columns / unit, rows / unit));
  const image = new Float64Array(rows * columns);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = (column + 0.5) / unit;
      const y = (row + 0.5) / unit;
      let value = background(x, y);
      const top = cells.findLast((cell) => cell.outline(x, y) <= 1);
      let label = BACKGROUND;
      if (top) {
        value += top.contrast + top.texture(x, y);
        if (top.outline(x, y) > RIM) value += RIM_BRIGHTNESS;
        const isNucleus = top.nucleus(x, y) <= 1;
        if (isNucleus) value -= top.depth;
        label = isNucleus ? NUCLEUS : CELL;
      }
      image[row * columns + column] = value;
      mask[row * columns + column] = label;
    }
  }
  return { image, mask };
}
