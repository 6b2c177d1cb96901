/** Which point of a chart is under the pointer. */
import type { ChartData } from './types';

/** Distance, in pixels, up to which a point is pointed at. */
const REACH = 14;

export interface Screen {
  /** Place of the pointer, in pixels. */
  readonly left: number;
  readonly top: number;
  xOf(value: number): number;
  yOf(value: number): number;
}

/** The place in the data of the nearest point of any of the series `shown`; undefined where none is near. */
export function nearestPoint(data: ChartData, shown: (series: number) => boolean, screen: Screen): number | undefined {
  const [places, ...columns] = data;
  let found: number | undefined;
  let least = REACH ** 2;
  columns.forEach((values, series) => {
    if (!shown(series)) return;
    values.forEach((value, at) => {
      const x = places[at];
      if (value === null || x === null) return;
      const distance = (screen.xOf(x) - screen.left) ** 2 + (screen.yOf(value) - screen.top) ** 2;
      if (distance > least) return;
      least = distance;
      found = at;
    });
  });
  return found;
}
