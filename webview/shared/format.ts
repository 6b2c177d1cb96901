/** Numbers as pages tell them. */

export { count, duration, exactPercent, percent, shortCount } from '../../server/protocol/numbers';

/** 0.9812 as `98.12 %`: always as many digits as asked for, for columns of numbers. */
export function fixedPercent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** A score or weight: four significant digits. */
export function decimal(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}

/** `3 × 3 × 64 × 128` */
export function shapeText(shape: readonly number[]): string {
  return shape.join(' × ');
}

/** The last part of a path, of either system. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).pop() ?? path;
}
