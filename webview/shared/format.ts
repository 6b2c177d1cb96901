/** Numbers as people read them, alike on every machine. */

const WHOLE = new Intl.NumberFormat('en-US');
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** `5,324` */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `11.2M` */
export function shortCount(value: number): string {
  return SHORT.format(value);
}

/** A fraction as a percentage with as many digits as tell it from 0 and from 100: `2 %`, `0.12 %`, `99.95 %`. */
export function percent(fraction: number): string {
  const value = 100 * fraction;
  const distance = Math.min(Math.abs(value), Math.abs(100 - value));
  const digits = distance === 0 ? 0 : distance < 0.1 ? 3 : distance < 1 ? 2 : 1;
  return `${Number(value.toFixed(digits))} %`;
}

/** 0.9812 as `98.12 %`: always as many digits as asked for, for columns of numbers. */
export function fixedPercent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** A round fraction, such as a sparsity: 0.98 as `98 %`, 0.995 as `99.5 %`. */
export function shortPercent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(4))} %`;
}

/** A score or weight: four significant digits. */
export function decimal(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}

/** Seconds as `12 s`, `3 min 20 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

/** `3 × 3 × 64 × 128` */
export function shapeText(shape: readonly number[]): string {
  return shape.join(' × ');
}

/** The last part of a path, of either system. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).pop() ?? path;
}
