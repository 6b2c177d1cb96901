/** The layers tab: the network at a glance, what is listed and how, and the list, or one layer that has its place. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ChartView } from '../shared/chart/ChartView';
import { DensityRamp } from '../shared/DensityRamp';
import { shapeText } from '../shared/format';
import { readPalette } from '../shared/theme';
import { Button, Dropdown } from '../shared/toolkit';
import { LayerList, type LayerListProperties } from './LayerList';
import { rowId } from './LayerRow';
import { allGroups, foundRows, hasGroups, type ListChoice, listEntries, ORDERS } from './listing';
import { overviewData, overviewOptions } from './overview';
import { effectiveText, keptText, macsText, type RowNumbers } from './rowNumbers';
import { Tile } from './Tile';
import { axesOf } from './viewport';

export interface LayersActions {
  onReveal(layer: string): void;
  onList(list: Partial<ListChoice>): void;
  /** Gives a layer the whole panel; undefined for the list again. */
  onOpen(weight: string | undefined): void;
}

export interface LayersProperties
  extends Omit<LayerListProperties, 'entries' | 'compared' | keyof LayersActions | 'onFold'> {
  readonly rows: readonly RowNumbers[];
  /** Whether the slider is being moved. */
  readonly isMoving: boolean;
  readonly list: ListChoice;
  readonly opened: string | undefined;
  readonly actions: LayersActions;
}

/** What the colors mean, and the bars. */
function Legend({ shown, compared }: { readonly shown: string; readonly compared: string | undefined }): VNode {
  const keys = [
    ['both', 'Kept by both'],
    ['first', `Only ${shown}`],
    ['second', `Only ${compared}`],
  ];
  return (
    <div class="ramp-legend">
      {compared !== undefined &&
        keys.map(([kind, text]) => (
          <span class="legend-key" key={kind}>
            <span class={`swatch swatch-${kind}`} aria-hidden="true" />
            {text}
          </span>
        ))}
      <span>{compared === undefined ? 'What stays, in bars and tiles' : 'What stays, in bars'}</span>
      <DensityRamp />
    </div>
  );
}

/**
 * What stays of each layer over depth; a click goes to the layer. While the slider moves it waits, paler: drawing it takes longer than all
 * that follows each move.
 */
function Overview({
  rows,
  theme,
  isMoving,
  onLayer,
}: Pick<LayersProperties, 'rows' | 'theme' | 'isMoving'> & { onLayer(row: RowNumbers): void }) {
  const current = useRef({ rows, onLayer });
  current.current = { rows, onLayer };
  const names = rows.map(({ layer }) => layer);
  const rested = useRef(rows);
  if (!isMoving) rested.current = rows;
  const options = useMemo(() => {
    const onPick = (at: number) => current.current.onLayer(current.current.rows[at]);
    return overviewOptions(names, readPalette(), () => rested.current, onPick);
  }, [names.join(), theme]);
  const data = useMemo(() => overviewData(rested.current), [rested.current]);
  return (
    <div class={isMoving ? 'overview overview-behind' : 'overview'}>
      <ChartView options={options} data={data} onChart={() => {}} />
    </div>
  );
}

function Choices({
  rows,
  summary,
  list,
  actions,
}: Pick<LayersProperties, 'rows' | 'summary' | 'list' | 'actions'>): VNode {
  const { find, order, folded } = list;
  const found = foundRows(rows, find).length;
  const groups = hasGroups(summary, order) ? allGroups(summary) : [];
  const areFolded = groups.length > 0 && groups.every((group) => folded.includes(group));
  return (
    <div class="toolbar list-choices">
      <div class="field">
        <label for="find-layer">Find</label>
        <input
          id="find-layer"
          class="text-field"
          type="search"
          placeholder="conv 3×3"
          value={find}
          onInput={({ currentTarget }) => actions.onList({ find: currentTarget.value })}
        />
      </div>
      <Dropdown
        label="Order"
        id="layer-order"
        choices={ORDERS}
        value={order}
        onChange={(value) => actions.onList({ order: value as ListChoice['order'] })}
      />
      <Button
        label={areFolded ? 'Unfold all' : 'Fold all'}
        title={areFolded ? 'List the layers of all groups' : 'List groups of layers by their names'}
        hidden={groups.length === 0}
        onClick={() => actions.onList({ folded: areFolded ? [] : groups })}
      />
      <span class="note" role="status">
        {found === rows.length ? '' : `${found} of ${rows.length} layers`}
      </span>
    </div>
  );
}

/** One layer in the whole panel. */
function Opened({ row, properties }: { readonly row: RowNumbers; readonly properties: LayersProperties }): VNode {
  const { host, repaint, input, viewports, theme, actions } = properties;
  const { weight, shape, className } = row;
  const root = useRef<HTMLDivElement>(null);
  const { across, down } = axesOf(shape);
  repaint.expect(input, new Set([weight]));
  useEffect(() => {
    root.current!.querySelector<HTMLElement>('.tile-panel:not([hidden]) canvas')!.focus();
    const resized = () => host.painters.get(weight)?.redraw(true);
    window.addEventListener('resize', resized);
    return () => window.removeEventListener('resize', resized);
  }, [weight]);
  const close = () => actions.onOpen(undefined);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape does what its button does.
    <div class="layer opened" ref={root} onKeyDown={({ key }) => key === 'Escape' && close()}>
      <div class="toolbar">
        <Button label="All layers" title="Back to the list of layers" onClick={close} />
        <strong>{weight}</strong>
        <span class="note">
          {className} · {shapeText(shape)}
        </span>
      </div>
      <p class="opened-numbers">
        Kept {keptText(row)} · effective {effectiveText(row)} · MACs {macsText(row)}
      </p>
      <div class="opened-tile">
        <span class="opened-down">{down} ↓</span>
        <div>
          <span class="opened-across">{across} →</span>
          <Tile
            key={weight}
            host={host}
            weight={weight}
            shape={shape}
            view={viewports[weight]}
            input={input}
            isOnScreen
            isAlone
            theme={theme}
            onOpen={close}
          />
        </div>
      </div>
    </div>
  );
}

export function LayersView(properties: LayersProperties): VNode {
  const { rows, summary, input, list, opened, isMoving, actions, ...rest } = properties;
  const { other } = input ?? {};
  const entries = useMemo(() => listEntries(summary, rows, list), [summary, rows, list]);
  const alone = rows.find(({ weight }) => weight === opened);
  if (alone) return <Opened row={alone} properties={properties} />;
  const fold = (group: string, isFolded: boolean) => {
    const others = list.folded.filter((one) => one !== group);
    actions.onList({ folded: isFolded ? [...others, group] : others });
  };
  const goTo = (row: RowNumbers) => {
    const around = entries.find((entry) => entry.kind === 'group' && entry.group.rows.includes(row));
    const name = around?.kind === 'group' ? around.group.name : undefined;
    actions.onList({ find: '', folded: list.folded.filter((group) => group !== name) });
    // The row may come with the next drawing only.
    requestAnimationFrame(() => document.getElementById(rowId(row.weight))?.focus());
  };
  return (
    <>
      {rows.length > 1 && <Overview rows={rows} theme={rest.theme} isMoving={isMoving} onLayer={goTo} />}
      <Choices rows={rows} summary={summary} list={list} actions={actions} />
      <Legend shown={input?.title ?? ''} compared={other?.title} />
      <LayerList
        {...rest}
        summary={summary}
        input={input}
        entries={entries}
        compared={other?.title}
        onFold={fold}
        onOpen={actions.onOpen}
        onReveal={actions.onReveal}
      />
    </>
  );
}
