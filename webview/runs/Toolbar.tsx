/** What is above the table: the filter, groups, columns, what can be done with the selected runs, and exports. */
import type { VNode } from 'preact';
import { RUN_COLUMNS } from '../../server/protocol/runTable/columns';
import type { RunRow } from '../../server/protocol/runTable/row';
import { unfinishedText } from '../../server/protocol/runTable/texts';
import { count } from '../shared/format';
import { Button, Checkbox, Dropdown } from '../shared/toolkit';
import { TABLE_FORMATS, type TableFormat } from './exports';
import { choosableComparisons, filterOf } from './lines';
import { GROUPINGS, type Grouping, type RunsPage } from './state';

export interface ToolbarActions {
  onFilter(filter: string): void;
  onPattern(isPattern: boolean): void;
  onArchived(isOn: boolean): void;
  /** Shows the runs of a comparison alone, or all. */
  onComparison(folder: string | undefined): void;
  onResumeSweep(folder: string): void;
  onGrouping(grouping: Grouping): void;
  onColumn(column: string, isOn: boolean): void;
  onUsualColumns(): void;
  onExport(format: TableFormat): void;
  /** Of one run, or of all that are selected. */
  onCurves(run?: string): void;
  onDelete(): void;
}

export interface ToolbarProperties {
  readonly page: RunsPage;
  /** How many runs the filter lets through. */
  readonly shown: number;
  readonly chosen: readonly RunRow[];
  readonly actions: ToolbarActions;
}

function FilterField({ page, actions }: Pick<ToolbarProperties, 'page' | 'actions'>): VNode {
  const filter = filterOf(page);
  const problem = 'problem' in filter ? filter.problem : undefined;
  return (
    <div class="field runs-filter">
      <label for="filter">Filter</label>
      <input
        id="filter"
        class="text-field"
        type="search"
        placeholder={page.isPattern ? 'snip|prospr' : 'prospr 98 % seed 1'}
        value={page.filter}
        aria-invalid={problem !== undefined}
        aria-describedby="filter-problem"
        onInput={({ currentTarget }) => actions.onFilter(currentTarget.value)}
      />
      <span id="filter-problem" class="field-problem" role="status">
        {problem}
      </span>
    </div>
  );
}

function ColumnChoice({ page, actions }: Pick<ToolbarProperties, 'page' | 'actions'>): VNode {
  return (
    <details class="runs-columns">
      <summary>Columns</summary>
      <fieldset class="runs-columns-list">
        <legend class="spoken">Columns</legend>
        {RUN_COLUMNS.map(({ key, title }) => (
          <Checkbox
            key={key}
            label={title}
            checked={page.columns.includes(key)}
            onChange={(isOn) => actions.onColumn(key, isOn)}
          />
        ))}
        <Button label="Usual columns" onClick={actions.onUsualColumns} />
      </fieldset>
    </details>
  );
}

const ALL = '';

function ComparisonChoice({ page, actions }: Pick<ToolbarProperties, 'page' | 'actions'>): VNode {
  const choices = choosableComparisons(page).map(({ folder, title }) => ({ value: folder, label: title }));
  return (
    <Dropdown
      label="Runs of"
      id="comparison"
      hidden={choices.length === 0}
      choices={[{ value: ALL, label: 'All' }, ...choices]}
      value={page.comparison ?? ALL}
      onChange={(folder) => actions.onComparison(folder === ALL ? undefined : folder)}
    />
  );
}

/** How far the comparison or sweep is whose runs are shown, and how it goes on. */
function Unfinished({ page, actions }: Pick<ToolbarProperties, 'page' | 'actions'>): VNode | null {
  const shown = page.comparisons.find(({ folder }) => folder === page.comparison);
  const text = shown && unfinishedText(shown);
  if (!shown || text === undefined) return null;
  const { sweep, isRunning } = shown.unfinished!;
  return (
    <>
      <span class="runs-unfinished" role="status">
        {text}
      </span>
      <Button
        label="Resume sweep"
        title="Do the runs that are left"
        hidden={sweep === undefined || isRunning}
        onClick={() => actions.onResumeSweep(shown.folder)}
      />
    </>
  );
}

/** `12 of 300 runs, 3 selected` */
function countText(shown: number, all: number, chosen: number): string {
  const runs = all === 1 ? 'run' : 'runs';
  const selected = chosen > 0 ? `, ${count(chosen)} selected` : '';
  return shown === all ? `${count(all)} ${runs}${selected}` : `${count(shown)} of ${count(all)} ${runs}${selected}`;
}

export function Toolbar({ page, shown, chosen, actions }: ToolbarProperties): VNode {
  const isNone = chosen.length === 0;
  const all = page.rows?.length ?? 0;
  const isRunning = chosen.some(({ state }) => state === 'running');
  return (
    <div class="runs-toolbar">
      <div class="toolbar">
        <FilterField page={page} actions={actions} />
        <Checkbox label="Regular expression" checked={page.isPattern} onChange={actions.onPattern} />
        <ComparisonChoice page={page} actions={actions} />
        <Dropdown
          label="Group by"
          id="grouping"
          choices={GROUPINGS}
          value={page.grouping}
          onChange={(grouping) => actions.onGrouping(grouping as Grouping)}
        />
        <Checkbox label="Archived" checked={page.showsArchived} onChange={actions.onArchived} />
        <ColumnChoice page={page} actions={actions} />
      </div>
      {page.problems.map((problem) => (
        <p key={problem} class="runs-problem" role="status">
          {problem}
        </p>
      ))}
      <div class="toolbar runs-actions">
        <span class="runs-count" role="status">
          {page.rows ? countText(shown, all, chosen.length) : 'Reading runs…'}
        </span>
        <Unfinished page={page} actions={actions} />
        <Button
          label={chosen.length > 1 ? 'Compare in curves' : 'Show curves'}
          hidden={isNone}
          onClick={() => actions.onCurves()}
        />
        <Button
          label="Delete…"
          title={isRunning ? 'Runs that go on must be stopped first' : 'Delete the folders of the selected runs'}
          hidden={isNone || isRunning}
          onClick={actions.onDelete}
        />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has a look of its own. */}
        <div class="toolbar toolbar-end" role="group" aria-label="Export">
          <span class="toolbar-label">{isNone ? 'Export' : 'Export selected'}</span>
          {TABLE_FORMATS.map(({ format, label }) => (
            <Button
              key={format}
              label={label}
              title={`Export as ${label}`}
              attributes={{ 'data-export': format }}
              onClick={() => actions.onExport(format)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
