/** What the charts of runs draw, as it follows from the state. */
import { METRIC_KEYS } from '../shared/metrics';
import type { Palette } from '../shared/theme';
import { groupsOf, type RunGroup, withGroups } from './groups';
import { maskCharts } from './maskCurves';
import type { MetricsTable } from './metricsTable';
import { meanPlaces, type PlaceOf, placesOf, relaid } from './places';
import { colorPlaces } from './runColors';
import { type DrawnCurves, type RunChart, runCharts } from './runCurves';
import { drawnColors, readRuns } from './selectors';
import type { CurvesPage } from './state';

export interface Drawing {
  readonly charts: readonly RunChart[];
  readonly groups: readonly RunGroup[];
  /** What colors mean. */
  readonly legend: readonly { readonly label: string; readonly color: string }[];
}

/** A color a group, which it keeps when others come. */
function colored(groups: readonly RunGroup[], series: readonly string[]): NonNullable<DrawnCurves['groups']> {
  const named = groups.map(({ key, runs }) => {
    const [started] = runs.map(({ summary }) => summary.started ?? '').sort();
    return { run: key, started };
  });
  const places = colorPlaces(named);
  return groups.map((group) => ({ group, color: series[places.get(group.key)! % series.length] }));
}

/** The charts of what is shown: a curve a run, or a mean with its band a group. The baseline is in no group. */
export function drawingOf(page: CurvesPage, palette: Palette): Drawing {
  const { splits, grouping, baseline } = page.options;
  const runs = readRuns(page);
  const colors = drawnColors(page, palette);
  const grouped = runs.filter(({ summary }) => summary.run !== baseline);
  const groups = grouping === 'none' ? [] : groupsOf(grouped, grouping, page.methods);
  const coloredGroups = colored(groups, palette.series);
  const alone = groups.length > 0 ? runs.filter((run) => !grouped.includes(run)) : runs;
  return {
    charts: [
      ...runCharts(runs, { colors, splits, groups: coloredGroups, ...(baseline !== undefined && { baseline }) }),
      ...maskCharts(runs, colors),
    ],
    groups,
    legend: [
      ...coloredGroups.map(({ group, color }) => ({ label: group.title, color })),
      ...alone.map(({ summary }) => ({ label: summary.label, color: colors.get(summary.run)! })),
    ],
  };
}

/** Where values of each run and group lie on the axis that was chosen. */
function placesByOwner(page: CurvesPage, groups: readonly RunGroup[]): ReadonlyMap<string, PlaceOf | undefined> {
  const ofRuns = new Map(
    readRuns(page).map(({ metrics }) => {
      const { run } = metrics;
      return [run, placesOf(page.options.axis, metrics, page.epochSteps.get(run))];
    }),
  );
  const ofGroups = groups.map(({ key, runs }) => {
    const members = runs.map(({ summary }) => ofRuns.get(summary.run));
    return [key, meanPlaces(members)] as const;
  });
  return new Map([...ofRuns, ...ofGroups]);
}

/** The values that the charts draw, over the axis that was chosen. */
export function drawnTable(page: CurvesPage, { charts, groups }: Drawing): MetricsTable {
  const curves = METRIC_KEYS.map(({ key }) => key);
  const table = groups.length > 0 ? withGroups(page.table, groups, curves) : page.table;
  if (page.options.axis === 'epoch') return table;
  const places = placesByOwner(page, groups);
  const series = charts.flatMap((chart) => chart.series);
  const placesOfColumns = new Map(series.map(({ column, owner }) => [column, places.get(owner)]));
  return relaid(table, [...placesOfColumns.keys()], (column) => placesOfColumns.get(column));
}

/** The shown runs that do not tell what the axis needs, so that they have no curve. */
export function runsWithoutPlace(page: CurvesPage): readonly string[] {
  const { axis } = page.options;
  return readRuns(page)
    .filter(({ metrics }) => !placesOf(axis, metrics, page.epochSteps.get(metrics.run)))
    .map(({ summary }) => summary.label);
}
