/** Colors of curves: enough of them, seen on their background, and told apart. */
import { describe, expect, it } from 'vitest';
import { PLAIN_COLORS, SERIES_COLORS } from '../../webview/shared/seriesColors';

type Color = readonly [red: number, green: number, blue: number];

/** Linear parts of `#rrggbb`, 0 … 1. */
function linear(color: string): Color {
  const part = (at: number) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function multiply(matrix: readonly Color[], [a, b, c]: Color): Color {
  const [x, y, z] = matrix.map((row) => row[0] * a + row[1] * b + row[2] * c);
  return [x, y, z];
}

/** Of WCAG 2: 1 for equal colors, 21 for black on white. */
function contrast(one: string, other: string): number {
  const [high, low] = [one, other]
    .map((color) => multiply([[0.2126, 0.7152, 0.0722]], linear(color))[0])
    .sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** Björn Ottosson's Oklab, in which distances are about as large as they look. */
function oklab(color: Color): Color {
  const cones = multiply(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    color,
  ).map((value) => Math.cbrt(Math.max(0, value)));
  return multiply(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    [cones[0], cones[1], cones[2]],
  );
}

/** What people see without cones for long or for medium wavelengths (Machado et al. 2009, severity 1). */
const PROTANOPIA: readonly Color[] = [
  [0.152286, 1.052583, -0.204868],
  [0.114503, 0.786281, 0.099216],
  [-0.003882, -0.048116, 1.051998],
];
const DEUTERANOPIA: readonly Color[] = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];

/** Distance of the two colors that are closest. */
function closest(colors: readonly string[], seen: (color: Color) => Color = (color) => color): number {
  const places = colors.map((color) => oklab(seen(linear(color))));
  const distances = places.flatMap((one, at) =>
    places.slice(at + 1).map((other) => Math.hypot(...one.map((value, axis) => value - other[axis]))),
  );
  return Math.min(...distances);
}

describe.each([
  ['light', ['#ffffff']],
  ['dark', ['#1e1e1e', '#16191d']],
] as const)('colors of curves in a %s theme', (theme, backgrounds) => {
  const colors = SERIES_COLORS[theme];

  it('are sixteen that stand out', () => {
    expect(colors).toHaveLength(16);
    for (const color of colors)
      for (const background of backgrounds) expect(contrast(color, background)).toBeGreaterThan(3);
  });

  it('are told apart, the first eight also without all cones', () => {
    expect(closest(colors)).toBeGreaterThan(0.1);
    const first = colors.slice(0, PLAIN_COLORS);
    for (const matrix of [PROTANOPIA, DEUTERANOPIA])
      expect(closest(first, (color) => multiply(matrix, color))).toBeGreaterThan(0.085);
  });
});
