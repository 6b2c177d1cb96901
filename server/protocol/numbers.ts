/** Numbers as people read them, alike in hints, views and pages, and on every machine. */

/** `5,324` */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** How many digits after the point tell a percentage from 0 and from 100. */
function digitsOf(value: number): number {
  const distance = Math.min(Math.abs(value), Math.abs(100 - value));
  if (distance === 0) return 0;
  const least = distance < 0.1 ? 3 : distance < 1 ? 2 : 1;
  // Neither all nor nothing is claimed of what is only nearly so.
  return Math.min(12, Math.max(least, Math.ceil(-Math.log10(distance))));
}

/** A fraction as a percentage with as many digits as tell it from 0 and from 100: `2 %`, `0.12 %`, `99.95 %`. */
export function percent(fraction: number): string {
  const value = 100 * fraction;
  return `${Number(value.toFixed(digitsOf(value)))} %`;
}

/** A fraction that somebody has chosen, such as a sparsity, as it is: 0.98 as `98 %`, 0.9512 as `95.12 %`. */
export function exactPercent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(4))} %`;
}

/** A fraction with always as many digits, for what was measured and for columns of numbers: `97.12 %`. */
export function fixedPercent(fraction: number, digits = 2): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** A mean with the standard deviation of what it is of, both as texts: `97.12 ± 0.30 %` of `97.12 %` and `0.30 %`. */
export function spread(mean: string, deviation: string): string {
  const unit = / (%|pp)$/.exec(mean)?.[0] ?? '';
  return `${mean.slice(0, mean.length - unit.length)} ± ${deviation.replace(/^\+/, '')}`;
}

/** Four significant digits. */
export function decimal(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}

/** An agreement such as a rank correlation or the overlap of two masks, with three digits after the point. */
export function coefficient(value: number): string {
  return value.toFixed(3);
}

/** `1.2 M`, three significant digits. */
export function shortCount(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let unit = 0;
  let scaled = value;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return unit === 0 ? count(value) : `${Number(scaled.toPrecision(3))}${units[unit]}`;
}

/** Seconds as `12 s`, `2 min`, `3 min 20 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  const parts =
    minutes < 60
      ? ([minutes, 'min', whole % 60, 's'] as const)
      : ([Math.floor(minutes / 60), 'h', minutes % 60, 'min'] as const);
  const [large, largeUnit, small, smallUnit] = parts;
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Seconds that something took, to a hundredth below ten and to a tenth below a minute: `0.03 s`, `12.3 s`, `3 min 20 s`. */
export function elapsed(seconds: number): string {
  if (seconds >= 59.95) return duration(seconds);
  return `${Number(Math.max(0.01, seconds).toFixed(seconds < 10 ? 2 : 1))} s`;
}
