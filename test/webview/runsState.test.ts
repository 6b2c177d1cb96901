/** The table of runs: its filter, order, groups, selection and exports, as functions of its state. */
import { describe, expect, it } from 'vitest';
import { columnsOf, RUN_COLUMNS, USUAL_COLUMNS } from '../../server/protocol/runTable/columns';
import { latexTable } from '../../server/protocol/runTable/formats';
import { unfinishedText } from '../../server/protocol/runTable/texts';
import { exportText } from '../../webview/runs/exports';
import { choosableComparisons, filterOf, type Line, linesOf, lineText, tableColumns } from '../../webview/runs/lines';
import { allToggled, clicked, keyPressed, selectionOf } from '../../webview/runs/selection';
import { firstState, keptOf, type RunsEvent, type RunsPage, reduce } from '../../webview/runs/state';
import { spreadOf } from '../../webview/shared/spread';
import { row } from './support/runRows';

const ROWS = [
  row('a', { seed: 0, final: 0.9, difference: -0.08, started: '2026-01-03T00:00:00Z' }),
  row('b', { seed: 1, final: 0.92, difference: -0.06, started: '2026-01-02T00:00:00Z' }),
  row('c', { method: 'prospr', seed: 0, final: 0.95, started: '2026-01-01T00:00:00Z', notes: { tags: ['paper'] } }),
  row('d', { method: 'prospr', final: undefined, metric: undefined, state: 'failed', started: '2026-01-04T00:00:00Z' }),
];
const pageOf = (events: readonly RunsEvent[] = [], rows = ROWS): RunsPage =>
  [{ kind: 'rowsTold', rows } as const, ...events].reduce<RunsPage>(reduce, firstState({}));
const titles = (page: RunsPage) =>
  linesOf(page).map((line) => (line.kind === 'run' ? line.row.label : `${line.title} (${line.rows.length})`));
const cell = (line: Line, key: string) => lineText(line, RUN_COLUMNS.find((column) => column.key === key)!);

describe('the filter', () => {
  it('wants all words, anywhere, in either case', () => {
    expect(titles(pageOf([{ kind: 'filterSet', filter: 'PROSPR paper' }]))).toEqual(['c']);
    expect(titles(pageOf([{ kind: 'filterSet', filter: 'failed' }]))).toEqual(['d']);
    expect(titles(pageOf([{ kind: 'filterSet', filter: 'nothing of this' }]))).toEqual([]);
  });

  it('is an expression over cells where that is asked for, and says what is wrong with it', () => {
    const filtered = (filter: string) => pageOf([{ kind: 'filterSet', filter, isPattern: true }]);
    expect(titles(filtered('^(a|b)$'))).toEqual(['a', 'b']);
    expect(filterOf(filtered('('))).toMatchObject({ problem: expect.stringMatching(/expression|group/i) });
    expect(titles(filtered('('))).toHaveLength(4);
  });
});

describe('the order', () => {
  it('is the latest first, then by a column up, down, and as before', () => {
    const sorted = (times: number) =>
      pageOf(Array.from({ length: times }, () => ({ kind: 'sorted', column: 'final' })));
    expect([0, 1, 2, 3].map((times) => titles(sorted(times)).join(''))).toEqual(['dabc', 'abcd', 'cbad', 'dabc']);
  });

  it('has pinned runs first and archived ones only where they are asked for', () => {
    const rows = ROWS.map((one) =>
      one.label === 'c'
        ? { ...one, notes: { pinned: true } }
        : one.label === 'a'
          ? { ...one, notes: { archived: true } }
          : one,
    );
    expect(titles(pageOf([], rows))).toEqual(['c', 'd', 'b']);
    expect(titles(pageOf([{ kind: 'archivedShown', isOn: true }], rows))).toEqual(['c', 'd', 'a', 'b']);
  });
});

describe('the runs of a comparison', () => {
  const [first] = ROWS;
  const folder = '/workspace/.prunelens/runs/sweep-small';
  const rows = [
    ...ROWS,
    { ...first, run: `${folder}/runs/net/e`, label: 'e' },
    { ...first, run: `${folder}-2`, label: 'f' },
  ];
  const unfinished = { planned: 12, failed: 1, isRunning: false, sweep: '/workspace/small.yaml' };
  const told = { kind: 'rowsTold', rows, comparisons: [{ folder, rows: [], unfinished }] } as const;

  it('are shown alone where that is chosen or asked for, and all of them again', () => {
    const narrowed = pageOf([told, { kind: 'asked', comparison: folder }]);
    expect(titles(narrowed)).toEqual(['e']);
    expect(choosableComparisons(narrowed)).toEqual([{ folder, title: 'sweep-small' }]);
    const all = reduce(narrowed, { kind: 'narrowed' });
    expect(titles(all)).toHaveLength(6);
    // What a page that comes back was asked before does not undo what the user has chosen since.
    expect(titles(reduce(all, { kind: 'asked', comparison: folder }))).toHaveLength(6);
    expect(titles(reduce(all, { kind: 'asked', comparison: folder, isNow: true }))).toEqual(['e']);
    expect(firstState(keptOf(narrowed)).comparison).toBe(folder);
  });

  it('can be those of a sweep that has none yet', () => {
    const page = pageOf([{ kind: 'asked', comparison: '/runs/sweep-new' }]);
    expect(titles(page)).toEqual([]);
    expect(choosableComparisons(page)).toEqual([{ folder: '/runs/sweep-new', title: 'sweep-new' }]);
  });

  it('tell how far they are', () => {
    expect(unfinishedText({ rows: [], unfinished })).toBe('0 of 12 runs, 1 failed, stopped');
    expect(unfinishedText({ rows: [], unfinished: { planned: 3, failed: 0, isRunning: true } })).toBe(
      '0 of 3 runs, running',
    );
    expect(unfinishedText({ rows: [] })).toBeUndefined();
  });
});

describe('several runs folders', () => {
  const rows = [row('a', { runsFolder: '.prunelens/runs' }), row('b', { runsFolder: '/mnt/cluster' })];

  it('have a column, the filter and groups; of one there is no column', () => {
    const columns = (page: RunsPage) => tableColumns(page).map(({ key }) => key);
    expect(columns(pageOf())).not.toContain('runsFolder');
    expect(columns(pageOf([], rows))).toContain('runsFolder');
    expect(titles(pageOf([{ kind: 'filterSet', filter: 'cluster' }], rows))).toEqual(['b']);
    const grouped = pageOf([{ kind: 'grouped', grouping: 'runsFolder' }], rows);
    expect(titles(grouped).toSorted()).toEqual(['.prunelens/runs (1)', '/mnt/cluster (1)']);
    const alone = pageOf(
      USUAL_COLUMNS.filter((key) => key !== 'runsFolder').map((column) => ({
        kind: 'columnToggled',
        column,
        isOn: false,
      })),
    );
    expect(columns(alone)).toEqual(['runsFolder']);
  });
});

describe('groups', () => {
  it('by method have the mean and the deviation of numbers, and the words that all have', () => {
    const page = pageOf([
      { kind: 'grouped', grouping: 'method' },
      { kind: 'sorted', column: 'final' },
    ]);
    expect(titles(page)).toEqual(['snip (2)', 'prospr (2)']);
    const [snip, prospr] = linesOf(page);
    expect(cell(snip, 'final')).toBe('91.00 ± 1.41 %');
    expect(cell(snip, 'difference')).toBe('−7.00 ± 1.41 pp');
    expect(cell(snip, 'data')).toBe('mnist');
    expect(cell(snip, 'label')).toBe('');
    expect(cell(snip, 'seed')).toBe('');
    expect(cell(prospr, 'final')).toBe('95.00 %');
    expect(spreadOf([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
  });

  it('of runs that differ in their seeds alone are apart by all else', () => {
    const rows = [...ROWS, row('e', { seed: 2, learningRate: 0.01 })];
    const page = pageOf([{ kind: 'grouped', grouping: 'seed' }], rows);
    expect(titles(page)).toEqual([
      'lenet.ts · snip · 98 % · mnist (1)',
      'lenet.ts · prospr · 98 % · mnist (2)',
      'lenet.ts · snip · 98 % · mnist (2)',
    ]);
  });

  it('show their runs where they are open, and no mean over different metrics', () => {
    const rows = [ROWS[0], row('loss', { metric: 'loss', final: 0.3 })];
    const page = pageOf([{ kind: 'grouped', grouping: 'method' }], rows);
    const open = reduce(page, { kind: 'groupToggled', group: linesOf(page)[0].key });
    expect(titles(open)).toEqual(['snip (2)', 'loss', 'a']);
    expect(cell(linesOf(open)[0], 'final')).toBe('');
    expect(titles(reduce(open, { kind: 'groupToggled', group: linesOf(page)[0].key }))).toEqual(['snip (2)']);
  });
});

describe('the selection', () => {
  const chosen = (page: RunsPage) => [...page.selected].map((run) => run.split('/').at(-1)).join('');
  const click = (page: RunsPage, key: string, modifiers = { range: false, toggles: false }) =>
    reduce(page, clicked(page, linesOf(page), `/workspace/.prunelens/runs/${key}`, modifiers));

  it('is one run, a range, or what was toggled', () => {
    const one = click(pageOf(), 'a');
    expect(chosen(one)).toBe('a');
    expect(chosen(click(one, 'c', { range: true, toggles: false }))).toBe('abc');
    const two = click(one, 'd', { range: false, toggles: true });
    expect(chosen(two)).toBe('ad');
    expect(chosen(click(two, 'a', { range: false, toggles: true }))).toBe('d');
  });

  it('of a group are its runs, and all of them or none of what is shown', () => {
    const page = pageOf([{ kind: 'grouped', grouping: 'method' }]);
    const [first] = linesOf(page);
    const selected = reduce(page, clicked(page, linesOf(page), first.key, { range: false, toggles: true }));
    expect([chosen(selected), linesOf(selected).map((line) => selectionOf(line, selected.selected))]).toEqual([
      'dc',
      ['all', 'none'],
    ]);
    const all = reduce(selected, allToggled(selected, linesOf(selected)));
    expect(all.selected.size).toBe(4);
    expect(reduce(all, allToggled(all, linesOf(all))).selected.size).toBe(0);
  });

  it('loses runs that are gone', () => {
    const page = reduce(click(pageOf(), 'a'), { kind: 'rowsTold', rows: ROWS.slice(1) });
    expect(page.selected.size).toBe(0);
  });

  it('follows the keys', () => {
    const press = (page: RunsPage, key: string, range = false) => {
      const event = keyPressed(page, linesOf(page), { key, range, toggles: false, fitting: 2 });
      return event ? reduce(page, event) : page;
    };
    const active = (page: RunsPage) => page.active?.split('/').at(-1);
    const down = press(pageOf(), 'ArrowDown');
    expect(active(down)).toBe('d');
    expect(active(press(down, 'PageDown'))).toBe('b');
    expect(active(press(down, 'End'))).toBe('c');
    expect(chosen(press(press(down, ' '), 'ArrowDown', true))).toBe('da');
    expect(active(press(down, 'ArrowUp'))).toBeUndefined();
    expect(press(pageOf(), 'ArrowRight').activeColumn).toBe(1);
  });
});

describe('what is kept and exported', () => {
  it('keeps the choices, not the selection, and forgets columns that there are no more', () => {
    const page = pageOf([
      { kind: 'columnToggled', column: 'seed', isOn: false },
      { kind: 'filterSet', filter: 'x' },
    ]);
    const kept = { ...keptOf(page), columns: [...page.columns, 'formerly'] };
    expect(firstState(kept)).toMatchObject({ filter: 'x', columns: page.columns });
    expect(kept).not.toHaveProperty('selected');
  });

  it('writes exact values to CSV, and to Markdown and LaTeX what is shown', () => {
    const columns: RunsEvent[] = RUN_COLUMNS.filter(({ key }) => !['method', 'final'].includes(key)).map(({ key }) => ({
      kind: 'columnToggled',
      column: key,
      isOn: false,
    }));
    const page = pageOf([...columns, { kind: 'sorted', column: 'final' }]);
    expect(columnsOf(page.columns).map(({ key }) => key)).toEqual(['method', 'final']);
    expect(exportText(page, 'csv')).toBe('method,final\nsnip,0.9\nsnip,0.92\nprospr,0.95\nprospr,\n');
    const grouped = reduce(page, { kind: 'grouped', grouping: 'method' });
    expect(exportText(grouped, 'markdown')).toBe(
      '| Group | Runs | Method | Final |\n| --- | ---: | --- | ---: |\n| snip | 2 | snip | 91.00 ± 1.41 % |\n| prospr | 2 | prospr | 95.00 % |\n',
    );
    const selected = { ...page, selected: new Set([ROWS[2].run]) };
    expect(exportText(selected, 'latex')).toBe(
      '\\begin{tabular}{lr}\n  \\toprule\n  Method & Final \\\\\n  \\midrule\n  prospr & 95.00 \\% \\\\\n  \\bottomrule\n\\end{tabular}\n',
    );
  });

  it('are LaTeX whatever runs are called', () => {
    const table = { columns: [{ title: 'Run', isNumber: false }], rows: [['[best] a_b'], ['* < 5 % & | $']] };
    expect(latexTable(table).split('\n').slice(4, 6)).toEqual([
      '  {}[best] a\\_b \\\\',
      '  {}* \\textless{} 5 \\% \\& \\textbar{} \\$ \\\\',
    ]);
  });
});
