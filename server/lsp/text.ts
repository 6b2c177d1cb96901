/** Numbers in words for people. */
import { basename } from 'node:path';
import { percentNumber } from '../format';
import type { ModelName } from '../protocol/results';

/** `5,324` */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `97.7 %`, from a fraction; more digits where fewer would say 0 or 100. */
export function percent(fraction: number): string {
  return `${percentNumber(fraction)} %`;
}

/** `96.1–99.2 %`, or one number where both read the same. */
export function percentRange(low: number, high: number): string {
  const [a, b] = [percentNumber(low), percentNumber(high)];
  return a === b ? `${a} %` : `${a}–${b} %`;
}

/** `1.2 M`, three significant digits. */
export function short(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let unit = 0;
  let scaled = value;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return unit === 0 ? count(value) : `${Number(scaled.toPrecision(3))}${units[unit]}`;
}

/** `12 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `███░░░░░░░` */
export function bar(fraction: number, width = 10): string {
  const full = Math.min(width, Math.max(fraction > 0 ? 1 : 0, Math.round(fraction * width)));
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** The model as people call it: its file, and the export where it is not the only thought of. `lenet.ts`, `nets.ts#small`. */
export function plainName(model: ModelName): string {
  return basename(model).replace(/#default$/, '');
}
