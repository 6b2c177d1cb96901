/** Numbers and places as people read them. */
import { relative } from 'node:path';
import type { SourceLocation } from './protocol/errors';
import type { Shape } from './protocol/tensor';

/** 266200 as `266,200`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A fraction as a percentage, `0.98` as `98.0 %`. */
export function formatPercent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** 75.2 as `1 min 15 s`, 3.21 as `3.2 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `784 x 300`, or `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join(' x ');
}

/** `models/lenet.ts:12` from the working folder, where that is shorter than the whole path; empty where unknown. */
export function formatPlace(location: SourceLocation | undefined): string {
  return location ? `${formatPath(location.file)}:${location.line}` : '';
}

/** The path from the working folder, where that is shorter than the whole one. */
export function formatPath(path: string): string {
  const fromHere = relative('', path);
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path;
}
