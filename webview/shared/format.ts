/** Numbers as pages tell them. */

export {
  coefficient,
  count,
  decimal,
  duration,
  elapsed,
  exactPercent,
  fixedPercent,
  percent,
  shortCount,
  spread,
} from '../../server/protocol/numbers';

/** A place on an axis, without the errors of its steps. */
export function placeText(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** `3 × 3 × 64 × 128` */
export function shapeText(shape: readonly number[]): string {
  return shape.join(' × ');
}

/** The last part of a path, of either system. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).pop() ?? path;
}
