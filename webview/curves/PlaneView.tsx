/** Runs held against each other: as points over two axes, or as lines over many. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunRow } from '../../server/protocol/runTable/row';
import { ChartView } from '../shared/chart/ChartView';
import type { Chart } from '../shared/chart/chart';
import type { DrawnChart } from '../shared/chart/types';
import { svgElement } from '../shared/elements';
import { readPalette } from '../shared/theme';
import { Checkbox, Dropdown, Grid } from '../shared/toolkit';
import { Mount } from '../shared/view';
import { parallelLayout, parallelSvg } from './parallel';
import {
  colorGroups,
  type Dimension,
  dimensionOf,
  dimensionsOf,
  FORMS,
  isNumeric,
  type Plane,
  planeRows,
  runChoices,
} from './plane';
import { scatterChart } from './scatterChart';
import type { CurvesPage } from './state';

export interface PlaneActions {
  onPlane(plane: Partial<Plane>): void;
  /** Shows a run among the curves, or no more. */
  onToggleRun(run: string, isOn: boolean): void;
  onChart(title: string, chart: Chart | undefined): void;
  /** Hears of the parallel coordinates that are drawn. */
  onPicture(picture: DrawnChart | undefined): void;
}

interface PlaneProperties {
  readonly page: CurvesPage;
  readonly actions: PlaneActions;
}

/** What both views are made of. */
interface Held {
  readonly rows: readonly RunRow[];
  readonly dimensions: readonly Dimension[];
  readonly numeric: readonly Dimension[];
}

function useHeld({ rows, plane, shown }: CurvesPage): Held {
  return useMemo(() => {
    const held = planeRows(plane, rows ?? [], shown);
    const dimensions = dimensionsOf(held);
    return { rows: held, dimensions, numeric: dimensions.filter((one) => isNumeric(one, held)) };
  }, [rows, plane, shown]);
}

const choicesOf = (dimensions: readonly Dimension[]) =>
  dimensions.map(({ key, title }) => ({ value: key, label: title }));

function Nothing({ rows }: { readonly rows: CurvesPage['rows'] }): VNode {
  return (
    <div class="empty">
      <h2>{rows === undefined ? 'Reading the runs…' : 'No runs here'}</h2>
      <p>Runs that were trained, compared or swept can be held against each other by any setting and any result.</p>
    </div>
  );
}

function RunsChoice({ page, actions }: PlaneProperties): VNode {
  const { plane, rows = [] } = page;
  return (
    <>
      <Dropdown
        label="As"
        id="plane-form"
        choices={FORMS}
        value={plane.form}
        onChange={(form) => actions.onPlane({ form: form as Plane['form'] })}
      />
      <Dropdown
        label="Runs"
        id="plane-runs"
        choices={runChoices(rows)}
        value={plane.runs}
        onChange={(runs) => actions.onPlane({ runs })}
      />
    </>
  );
}

/** A line a run, for those who cannot see or point. */
function HeldTable({
  rows,
  dimensions,
}: {
  readonly rows: readonly RunRow[];
  readonly dimensions: readonly Dimension[];
}) {
  const cells = useMemo(
    () =>
      rows.map((row) => ({
        run: row.label,
        ...Object.fromEntries(
          dimensions.map((one) => {
            const value = one.valueOf(row);
            return [one.key, value === undefined ? '' : one.format(value, row)];
          }),
        ),
      })),
    [rows, dimensions],
  );
  const columns = [{ key: 'run', title: 'Run' }, ...dimensions.map(({ key, title }) => ({ key, title }))];
  return (
    <details class="plane-table">
      <summary>As a table</summary>
      <Grid label="Runs" columns={columns} rows={cells} />
    </details>
  );
}

/** The name of what is drawn among the charts: that of the tab. */
export const PLANE_CHART = 'plane';

function ScatterView({ page, actions }: PlaneProperties): VNode {
  const held = useHeld(page);
  const { plane, theme } = page;
  const [x, color] = [plane.x, plane.color].map((key) => dimensionOf(held.dimensions, key));
  const y = dimensionOf(held.numeric, plane.y);
  const [pointed, setPointed] = useState<number | undefined>(undefined);
  const shown = useRef(page.shown);
  shown.current = page.shown;
  const drawn = useMemo(() => {
    if (!x || !y || !color) return undefined;
    const scatter = scatterChart({ rows: held.rows, x, y, color, colors: readPalette().series });
    const pick = (at: number) => {
      const { run } = scatter.rows[at];
      actions.onToggleRun(run, !shown.current.includes(run));
    };
    return { ...scatter, options: { ...scatter.options, onPoint: setPointed, onPick: pick } };
  }, [held, x, y, color, theme]);
  if (!x || !y || !color || !drawn) return <Nothing rows={page.rows} />;
  const row = pointed === undefined ? undefined : drawn.rows[pointed];
  const valueText = (dimension: Dimension) => {
    const value = row && dimension.valueOf(row);
    return value === undefined ? '' : dimension.format(value, row);
  };
  return (
    <div>
      <div class="toolbar">
        <RunsChoice page={page} actions={actions} />
        <Dropdown
          label="Across"
          id="plane-x"
          choices={choicesOf(held.dimensions)}
          value={x.key}
          onChange={(key) => actions.onPlane({ x: key })}
        />
        <Dropdown
          label="Up"
          id="plane-y"
          choices={choicesOf(held.numeric)}
          value={y.key}
          onChange={(key) => actions.onPlane({ y: key })}
        />
        <Dropdown
          label="Color"
          id="plane-color"
          choices={choicesOf(held.dimensions)}
          value={color.key}
          onChange={(key) => actions.onPlane({ color: key })}
        />
      </div>
      <ChartView options={drawn.options} data={drawn.data} onChart={(chart) => actions.onChart(PLANE_CHART, chart)} />
      <p class="note plane-pointed" role="status">
        {row
          ? `${row.label}: ${x.title} ${valueText(x)}, ${y.title} ${valueText(y)}`
          : 'Point at a run to read it; a click shows its curves, or takes them away.'}
      </p>
      <HeldTable rows={drawn.rows} dimensions={[x, y, color]} />
    </div>
  );
}

const PARALLEL_HEIGHT = 380;

/** The width of an element that lives as long as the component, as it changes. */
function useWidth() {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const resized = new ResizeObserver(() => setWidth(Math.floor(place.current!.clientWidth)));
    resized.observe(place.current!);
    return () => resized.disconnect();
  }, []);
  return { place, width };
}

/** The runs with their colors, and what these mean. */
function useColored({ rows, dimensions }: Held, key: string, theme: number) {
  return useMemo(() => {
    const { series } = readPalette();
    const color = dimensionOf(dimensions, key);
    const groups = color ? colorGroups(color, rows) : [];
    const colorAt = (at: number) => series[at % series.length];
    return {
      rows: groups.flatMap((group, at) => group.rows.map((row) => ({ ...row, color: colorAt(at) }))),
      legend: groups.map(({ title }, at) => ({ label: title, color: colorAt(at) })),
    };
  }, [rows, dimensions, key, theme]);
}

/** The runs over the axes, as a picture with a title. */
function parallelDrawing(rows: Parameters<typeof parallelLayout>[0], axes: readonly Dimension[], wanted: number) {
  const layout = parallelLayout(rows, axes, { width: wanted, height: PARALLEL_HEIGHT });
  const title = `${rows.length} runs over ${axes.map((axis) => axis.title).join(', ')}`;
  const { width, height } = layout;
  const attributes = { role: 'img', 'aria-label': title, width, height };
  return { title, width, height, root: svgElement('svg', attributes, parallelSvg(layout, readPalette())) };
}

function Axes({ page, held, actions }: PlaneProperties & { readonly held: Held }): VNode {
  const { axes } = page.plane;
  const toggle = (key: string, isOn: boolean) =>
    actions.onPlane({ axes: isOn ? [...axes, key] : axes.filter((one) => one !== key) });
  return (
    <details class="plane-axes">
      <summary>Axes</summary>
      <fieldset>
        <legend class="spoken">Axes</legend>
        {held.dimensions.map(({ key, title }) => (
          <Checkbox key={key} label={title} checked={axes.includes(key)} onChange={(isOn) => toggle(key, isOn)} />
        ))}
      </fieldset>
    </details>
  );
}

function Parallel({ page, held, actions }: PlaneProperties & { readonly held: Held }): VNode {
  const { plane, theme } = page;
  const { place, width } = useWidth();
  const colored = useColored(held, plane.color, theme);
  const shown = plane.axes.flatMap((key) => held.dimensions.find((one) => one.key === key) ?? []);
  const axes = shown.map(({ key }) => key).join();
  const drawing = useMemo(() => {
    const { root, ...size } = parallelDrawing(colored.rows, shown, width);
    return { root, picture: { ...size, legend: colored.legend } };
  }, [colored, axes, width]);
  useEffect(() => {
    actions.onPicture({ ...drawing.picture, root: drawing.root.cloneNode(true) as SVGElement });
    return () => actions.onPicture(undefined);
  }, [drawing]);
  const pick = ({ target }: Event) => {
    const run = (target as Element).getAttribute('data-run');
    if (run !== null) actions.onToggleRun(run, !page.shown.includes(run));
  };
  return (
    <div>
      <div class="toolbar">
        <RunsChoice page={page} actions={actions} />
        <Dropdown
          label="Color"
          id="parallel-color"
          choices={choicesOf(held.dimensions)}
          value={plane.color}
          onChange={(color) => actions.onPlane({ color })}
        />
        <Axes page={page} held={held} actions={actions} />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: runs are chosen in the list, too. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as said. */}
      <div class="parallel" ref={place} onClick={pick}>
        <Mount node={drawing.root} />
      </div>
      <ul class="legend" aria-label="Colors">
        {colored.legend.map(({ label, color }) => (
          <li key={label}>
            <span class="swatch" aria-hidden="true" style={{ background: color }} /> {label}
          </li>
        ))}
      </ul>
      <HeldTable rows={held.rows} dimensions={shown} />
    </div>
  );
}

function ParallelView({ page, actions }: PlaneProperties): VNode {
  const held = useHeld(page);
  if (held.rows.length === 0) return <Nothing rows={page.rows} />;
  return <Parallel page={page} held={held} actions={actions} />;
}

export function PlaneView({ page, actions }: PlaneProperties): VNode {
  const View = page.plane.form === 'points' ? ScatterView : ParallelView;
  return <View page={page} actions={actions} />;
}
