/** Lenses, hints, hovers and diagnostics as functions of states; places followed through edits. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { applyEdits, parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import type { InitializeParams } from 'vscode-languageserver/node';
import { clientFacts } from '../../server/lsp/client';
import { fileOf } from '../../server/lsp/documents';
import { createEditHistory, type Edit, editBetween, type Place } from '../../server/lsp/edits';
import { toErrorData, toResponseError } from '../../server/lsp/failures';
import { codeActions, type FixContext } from '../../server/lsp/features/codeActions';
import { codeLenses, summaryTitle } from '../../server/lsp/features/codeLenses';
import { diagnosticsByFile, diagnosticsOf, SOURCE } from '../../server/lsp/features/diagnostics';
import { hoverAt, quantiles } from '../../server/lsp/features/hovers';
import { inlayHints } from '../../server/lsp/features/inlayHints';
import { ownFileActions } from '../../server/lsp/features/ownFileActions';
import { workspaceSymbols } from '../../server/lsp/features/symbols';
import { METHODS } from '../../server/lsp/methods';
import { progressMessage } from '../../server/lsp/model/progress';
import { sameArchitecture, scoreAtLines } from '../../server/lsp/model/selectors';
import { type Estimate, fileOfModel, initialState, type ModelState } from '../../server/lsp/model/state';
import { createModelStore } from '../../server/lsp/model/store';
import { withDataRule } from '../../server/lsp/settingsFile/data';
import { type PrunableChange, prunableEdits } from '../../server/lsp/settingsFile/prunable';
import { bar, duration, percent, percentRange, short } from '../../server/lsp/text';
import { DEFAULT_SETTINGS, parseSettings } from '../../server/protocol/editorSettings';
import { UserError } from '../../server/protocol/errors';
import type { Histogram, LayerSummary, ModelSummary, ScoreSummary, Selection } from '../../server/protocol/results';
import type { ErrorData } from '../../server/protocol/worker';
import { methods } from '../../server/request/methods';
import { combineStatuses } from '../../server/worker/lanes';
import { cpuTime } from '../support/cpuTime';

const FILE = '/workspace/net.ts';
const MODEL = `${FILE}#default`;
const stay = (_file: string, place: Place) => place;

function layer(name: string, size: number, line: number): LayerSummary {
  return {
    name,
    className: 'Dense',
    source: [{ file: FILE, line, column: 5 }],
    outputShape: [10],
    parameters: [{ name: `${name}/kernel`, shape: [size / 10, 10], size, prunable: true }],
    macs: size,
  };
}

const SUMMARY: ModelSummary = {
  model: MODEL,
  name: 'net',
  inputShape: [28, 28, 1],
  classes: 10,
  layers: [layer('fc1', 235_200, 5), layer('fc2', 30_000, 5), layer('logits', 1000, 8)],
};
const SCORE: ScoreSummary = {
  scoreId: 's',
  model: MODEL,
  method: 'prospr',
  title: 'ProsPr',
  seed: 0,
  backend: 'cpu',
  device: 'CPU',
  seconds: 1,
  weights: [],
};
const KEPT: Record<string, number> = { fc1: 4704, fc2: 600, logits: 20 };

interface Facts {
  readonly model?: string;
  readonly summary?: ModelSummary;
  readonly stale?: boolean;
  readonly outdated?: boolean;
  readonly estimate?: Estimate;
  readonly failure?: ErrorData;
}

function selectionOf(kept: typeof KEPT, scoreId = 's'): Selection {
  const layers = SUMMARY.layers.map(({ name, parameters: [{ size }] }) => ({
    layer: name,
    weight: `${name}/kernel`,
    total: size,
    kept: kept[name],
    macs: size,
    sparseMacs: kept[name],
  }));
  return {
    scoreId,
    sparsity: 0.98,
    threshold: 0,
    prunable: 266_200,
    kept: layers.reduce((sum, one) => sum + one.kept, 0),
    layers,
    collapsed: Object.keys(kept).filter((name) => kept[name] === 0),
    disconnected: [],
  };
}

/** A model that was scored by ProsPr, with what has happened to it since. */
function state(facts: Facts = {}, kept = KEPT): ModelState {
  const { model = MODEL, summary = SUMMARY, stale = false, outdated = false, estimate, failure } = facts;
  const built = { summary, revision: 0 };
  const results = {
    held: [
      { score: SCORE, origin: '', outdated },
      { score: { ...SCORE, scoreId: 'other', method: 'snip' }, origin: '', outdated: !outdated },
    ],
    architecture: SUMMARY,
    layers: '',
    shown: 'prospr',
    selection: selectionOf(kept),
  };
  return {
    ...initialState(model, 0.98),
    description: failure ? { phase: 'failed', failure, revision: 0, last: built } : { phase: 'described', built },
    scores: stale ? { phase: 'stale', results, ...(estimate && { estimate }) } : { phase: 'fresh', results },
  };
}

const facts = (workspaceEdit: object) =>
  clientFacts({ capabilities: { workspace: { workspaceEdit } } } as InitializeParams);
const FIX_CONTEXT: FixContext = {
  client: () => facts({ documentChanges: true, resourceOperations: ['create'] }),
  documents: { ofFile: () => undefined, uriOf: (file) => `file://${file}` },
  folders: { of: () => '/workspace' },
};

const view = { first: 0, last: 100, textOf: () => 'x'.repeat(40), isNarrow: false, follow: stay };
const options = { enabled: true, maximum: 10 };
const places = { follow: stay, lineLength: () => 40, uriOf: (file: string) => `file://${file}` };

describe('hints', () => {
  test('tell one layer, or the range of several', () => {
    const hints = inlayHints([state()], FILE, view, options);
    expect(hints.map(({ position, label }) => [position.line, label])).toEqual([
      [4, '98 % pruned, 2 layers'],
      [7, 'kept 20 of 1,000 · 98 % pruned'],
    ]);
    expect(hints[0]).toMatchObject({ position: { character: 40 }, paddingLeft: true });
    const uneven = inlayHints([state({}, { ...KEPT, fc2: 300 })], FILE, view, options);
    expect(uneven[0].label).toBe('98–99 % pruned, 2 layers');
    expect(uneven[0].tooltip).toMatchObject({
      value: expect.stringContaining('`fc2`: kept 300 of 30,000 · 99 % pruned'),
    });
  });

  test('say when the settings are others than those of the score, but not of another score', () => {
    const label = (outdated: boolean) => inlayHints([state({ outdated })], FILE, view, options)[1].label;
    expect(label(true)).toBe('stale · kept 20 of 1,000 · 98 % pruned');
    expect(label(false)).toBe('kept 20 of 1,000 · 98 % pruned');
  });

  test('say when they are stale, and leave out layers that changed', () => {
    expect(inlayHints([state({ stale: true })], FILE, view, options)[1].label).toBe(
      'stale · kept 20 of 1,000 · 98 % pruned',
    );
    const changed = { ...SUMMARY, layers: [...SUMMARY.layers.slice(0, 2), layer('logits', 2000, 8)] };
    expect(inlayHints([state({ summary: changed, stale: true })], FILE, view, options)).toHaveLength(1);
  });

  test('are of an estimate, by its name, where the chosen score is out of date', () => {
    const score = { ...SCORE, scoreId: 'e', method: 'magnitude', title: 'Magnitude' };
    const estimate = {
      summary: SUMMARY,
      held: { score, origin: '', outdated: false },
      selection: selectionOf({ fc1: 4700, fc2: 610, logits: 14 }, 'e'),
      stale: false,
    };
    const edited = state({ stale: true, estimate });
    const [, hint] = inlayHints([edited], FILE, view, options);
    expect(hint.label).toBe('Magnitude · kept 14 of 1,000 · 98.6 % pruned');
    expect(hint.tooltip).toMatchObject({ value: expect.stringContaining('ProsPr is out of date') });
    expect(
      inlayHints([state({ stale: true, estimate: { ...estimate, stale: true } })], FILE, view, options)[1].label,
    ).toBe('stale · Magnitude · kept 14 of 1,000 · 98.6 % pruned');
    expect(summaryTitle(edited)).toBe('ProsPr · 98 % · 5,324 of 266,200 kept, stale · now Magnitude: 5,324 of 266,200');
    expect(scoreAtLines(edited)?.scoreId).toBe('e');
    expect(scoreAtLines(state())?.scoreId).toBe('s');
  });

  test('stand before the code of lines whose ends are out of sight, sooner where a page is beside it', () => {
    const placed = (length: number, isNarrow: boolean) => {
      const textOf = () => `  ${'x'.repeat(length - 2)}`;
      const [{ position, paddingLeft = false }] = inlayHints([state()], FILE, { ...view, textOf, isNarrow }, options);
      return [position.character, paddingLeft];
    };
    expect([placed(60, false), placed(120, false)]).toEqual([
      [60, true],
      [2, false],
    ]);
    expect([placed(40, true), placed(60, true)]).toEqual([
      [40, true],
      [2, false],
    ]);
  });

  test('keep to the switch, the cap, the file and the range', () => {
    expect(inlayHints([state()], FILE, view, { enabled: false, maximum: 10 })).toEqual([]);
    expect(inlayHints([state()], FILE, view, { enabled: true, maximum: 1 })).toHaveLength(1);
    expect(inlayHints([state()], '/workspace/other.ts', view, options)).toEqual([]);
    expect(inlayHints([state()], FILE, { ...view, first: 6 }, options)).toHaveLength(1);
  });
});

describe('lenses', () => {
  const entry = {
    model: MODEL,
    uri: 'file:///workspace/net.ts',
    label: 'net.ts',
    kind: 'builder' as const,
    range: { start: { line: 2, character: 0 }, end: { line: 9, character: 1 } },
    scored: [],
  };
  test('have Score first and then the summary, and commands the client has', () => {
    const lenses = codeLenses([entry], () => state(), 'extension');
    expect(lenses).toHaveLength(6);
    expect(lenses[0].command?.title).toBe('Score at init');
    expect(lenses[4].command).toMatchObject({ title: 'Train…', command: 'prunelens.trainForm' });
    expect(lenses[1].command).toEqual({
      title: 'ProsPr · 98 % · 5,324 of 266,200 kept',
      command: 'prunelens.showHeatmap',
      arguments: [{ model: MODEL }],
    });
    const unscored = codeLenses([entry], () => undefined, 'other');
    expect(unscored).toHaveLength(4);
    expect(unscored[0].command?.command).toBe('prunelens.server.score');
  });
  test('ask for what a definition needs, until the settings say it', () => {
    const open = { ...entry, kind: 'needs-arguments' as const };
    const lenses = codeLenses([open], () => undefined, 'extension');
    expect(lenses.map(({ command }) => command)).toEqual([
      { title: 'Set up…', command: 'prunelens.setUp', arguments: [{ model: MODEL }] },
    ]);
    expect(codeLenses([open], () => undefined, 'other')).toHaveLength(4);
    expect(
      codeLenses(
        [open],
        () => undefined,
        'extension',
        () => true,
      ),
    ).toHaveLength(5);
  });
  test('offer to treat as a model what only running it tells', () => {
    const possible = { ...entry, kind: 'possible' as const };
    const titles = (known: boolean) =>
      codeLenses([possible], () => (known ? state() : undefined), 'extension').map(({ command }) => command?.title);
    expect(titles(false)).toEqual(['Treat as a model']);
    expect(titles(true)).toContain('Score at init');
  });
  test('models are symbols', () => {
    expect(workspaceSymbols([entry], 'NT').map(({ name }) => name)).toEqual(['net.ts']);
    expect(workspaceSymbols([entry], 'tn')).toEqual([]);
  });
});

describe('diagnostics', () => {
  test('warn of collapsed layers, with fixes; not while stale', async () => {
    const broken = state({}, { ...KEPT, logits: 0 });
    const [{ diagnostic }] = diagnosticsOf(broken, places);
    expect(diagnostic).toMatchObject({ code: 'collapse', severity: 2, range: { start: { line: 7, character: 4 } } });
    expect(diagnostic.message).toContain('logits keeps none of its 1,000 weights at 98 %');
    const fixes = await codeActions(FIX_CONTEXT, [diagnostic]);
    expect(fixes.map(({ title }) => title)).toEqual([
      'Keep at least 100 weights in every layer (prunelens.json)',
      'Exclude layer logits from pruning (prunelens.json)',
      'Lower the target sparsity to 95 %',
    ]);
    expect(fixes[0].edit?.documentChanges).toEqual([
      { kind: 'create', uri: 'file:///workspace/prunelens.json', options: { ignoreIfExists: true } },
      expect.objectContaining({
        textDocument: { uri: 'file:///workspace/prunelens.json', version: null },
        edits: [expect.objectContaining({ newText: '{\n  "prunable": {\n    "minPerLayer": 100\n  }\n}\n' })],
      }),
    ]);
    expect(fixes[2].command?.arguments).toEqual([{ model: MODEL, sparsity: 0.95 }]);
    const bare = await codeActions({ ...FIX_CONTEXT, client: () => facts({}) }, [diagnostic]);
    expect(Object.keys(bare[1].edit?.changes ?? {})).toEqual(['file:///workspace/prunelens.json']);
    const several = diagnosticsOf(state({}, Object.fromEntries(Object.keys(KEPT).map((name) => [name, 0]))), places);
    expect(several).toHaveLength(1);
    expect(several[0].diagnostic.message).toMatch(
      /^\d layers keep none of their weights at 98 % sparsity .*: .*logits/,
    );
    expect(several[0].diagnostic.relatedInformation).toHaveLength(Object.keys(KEPT).length - 1);
    expect(diagnosticsOf(state({ stale: true }, { ...KEPT, logits: 0 }), places)).toEqual([]);
    // Two problems of one line, which one change mends.
    const twice = await codeActions(FIX_CONTEXT, [diagnostic, { ...diagnostic, code: 'disconnected' }]);
    expect(twice.map(({ title }) => title)).toEqual(fixes.map(({ title }) => title));
    expect(await codeActions(FIX_CONTEXT, [{ ...diagnostic, source: 'ts' }])).toEqual([]);
  });

  test('of a name that only the main part of a script sets have a fix, which writes a file that makes the model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prunelens-fix-'));
    const file = join(folder, 'train.py');
    writeFileSync(file, 'class Net:\n    depth = args.depth\n\nif __name__ == "__main__":\n    args = parse()\n');
    const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 20 } };
    const message = "NameError: name 'args' is not defined\nargs is set on line 5.";
    const diagnostic = { range, source: SOURCE, code: 'build', message, data: { model: `${file}#Net` } };
    const own = `file://${join(folder, 'train_model.py')}`;
    const [fix] = await ownFileActions(FIX_CONTEXT, file, [diagnostic]);
    expect(fix.title).toBe('Write train_model.py, which sets args and makes the model');
    expect(fix.edit?.documentChanges).toEqual([
      { kind: 'create', uri: own, options: { ignoreIfExists: true } },
      expect.objectContaining({
        edits: [expect.objectContaining({ newText: expect.stringMatching(/\nmodel = train\.Net\(\)\n$/) })],
      }),
    ]);
    const bare = await ownFileActions({ ...FIX_CONTEXT, client: () => facts({}) }, file, [diagnostic]);
    expect(Object.keys(bare[0].edit?.changes ?? {})).toEqual([own]);
    // Not of other names, nor of other mistakes, nor where the file is there.
    const others = [{ message: message.replace('args', 'rate') }, { message: 'TypeError: args' }, { source: 'ts' }];
    expect(
      await ownFileActions(
        FIX_CONTEXT,
        file,
        others.map((other) => ({ ...diagnostic, ...other })),
      ),
    ).toEqual([]);
    // Of another file's script, and of arguments that a script asks for at its top.
    writeFileSync(join(folder, 'net.py'), 'from train import Net\n');
    const imported = { ...diagnostic, data: { model: `${join(folder, 'net.py')}#Net` } };
    const [other] = await ownFileActions(FIX_CONTEXT, file, [imported]);
    expect(other.title).toBe('Write net_model.py, which sets args and makes the model');
    writeFileSync(file, 'import argparse\nparser.add_argument("data")\nargs = parser.parse_args()\nclass Net: pass\n');
    const asking = 'The model needs arguments of the command line of its script.\nMake the model in a function';
    const [given] = await ownFileActions(FIX_CONTEXT, file, [{ ...diagnostic, message: asking }]);
    expect(given.title).toBe('Write train_model.py, which gives train.py its arguments and makes the model');
    writeFileSync(join(folder, 'train_model.py'), '');
    expect(await ownFileActions(FIX_CONTEXT, file, [diagnostic])).toEqual([]);
  });

  test('edit the settings that hold for the model, and nothing else of the file', () => {
    const edited = (text: string, change: PrunableChange) =>
      applyEdits(text, prunableEdits(text, 'nets/net.ts', change)!);
    const text = [
      '{',
      '  // General.',
      '  "prunable": { "exclude": ["stem"], "minPerLayer": 1 },',
      '  "overrides": [',
      '    { "models": "net.ts", "epochs": 3 },',
      '    { "models": "other.ts", "prunable": { "minPerLayer": 2 } }',
      '  ]',
      '}',
    ].join('\n');
    const general = edited(text, { exclude: 'logits' });
    expect(general).toContain('// General.');
    expect(parse(general)).toMatchObject({ prunable: { exclude: ['stem', 'logits'], minPerLayer: 1 } });
    expect(parse(edited(text, { minPerLayer: 9 }))).toMatchObject({ prunable: { exclude: ['stem'], minPerLayer: 9 } });
    // The override takes the place of the general settings, so it is what has to change.
    const overridden = text.replace('"epochs": 3', '"prunable": { "include": ["fc*"] }');
    const own = parse(edited(edited(overridden, { exclude: 'fc1' }), { minPerLayer: 7 }));
    expect(own.overrides[0].prunable).toEqual({ include: ['fc*'], exclude: ['fc1'], minPerLayer: 7 });
    expect(own.prunable).toEqual({ exclude: ['stem'], minPerLayer: 1 });
    expect(edited('{}', { exclude: 'a' })).toBe('{\n  "prunable": {\n    "exclude": [\n      "a"\n    ]\n  }\n}');
    expect(prunableEdits(text, 'net.ts', { exclude: 'stem' })).toEqual([]);
    expect(prunableEdits('{ "prunable": ', 'net.ts', { minPerLayer: 1 })).toBeUndefined();
  });

  test('tell what does not build, and what is only not supported', () => {
    const failure = {
      kind: 'failed' as const,
      message: 'Wrong.',
      hint: 'Fix it.',
      location: { file: FILE, line: 3, column: 2 },
    };
    expect(diagnosticsOf(state({ failure }), places)[0].diagnostic).toMatchObject({
      severity: 1,
      message: 'Wrong.\nFix it.',
      range: { start: { line: 2, character: 1 } },
    });
    const unsupported = { ...failure, message: 'layers of this class are not supported.' };
    expect(diagnosticsOf(state({ failure: unsupported }), places)[0].diagnostic.severity).toBe(3);
  });

  test('are cleared where they were, and told once', () => {
    expect([...diagnosticsByFile([state()], places, ['/old.ts'])]).toEqual([['/old.ts', []]]);
    const failure = { kind: 'failed' as const, message: 'Wrong.' };
    const both = [state({ failure }), state({ failure, model: `${FILE}#other` })];
    expect(diagnosticsByFile(both, places, []).get(FILE)).toHaveLength(1);
  });
});

/** On a logarithmic axis, of a mask that keeps nothing of it. */
function histogramWith(low: number, high: number, removed: readonly number[], zeros: number): Histogram {
  const kept = removed.map(() => 0);
  const counts = { removed, kept, total: { removed: 1, kept: 0 }, zeros: { removed: zeros, kept: 0 } };
  return { axis: 'logarithmic', unit: 1, low, high, ...counts, removedEarlier: 0 };
}

describe('hovers', () => {
  test('tell of each layer of the line', () => {
    const histogram = histogramWith(-4, 0, [10, 10, 10, 10], 3);
    const hover = hoverAt([state()], FILE, 7, stay, new Map([['logits/kernel', histogram]]));
    const { value } = hover!.contents as { value: string };
    expect(value).toContain('**logits** · Dense · output 10 · 1,000 parameters');
    expect(value).toContain('`█░░░░░░░░░` kept 20 of 1,000, density 2 %');
    expect(value).toContain('MACs: 1 k dense, 20 sparse');
    expect(value).toContain('half below 0.01');
    expect(hoverAt([state()], FILE, 6, stay, new Map())).toBeNull();
  });
  test('quantiles follow the counts', () => {
    expect(quantiles(histogramWith(0, 2, [0, 0], 5), [0.5])).toBeUndefined();
    expect(quantiles(histogramWith(0, 2, [1, 1], 0), [0.5, 1])).toEqual([10, 100]);
  });
});

describe('edits', () => {
  const historyOf = (edits: readonly Edit[]) => {
    const history = createEditHistory();
    for (const edit of edits) history.add(edit);
    return history;
  };
  const followEdits = (place: Place, edits: readonly Edit[], revision: number) =>
    historyOf(edits).follow(place, revision);
  const apply = (text: string, { start, end }: Edit, after: string) => [text, start, end, after];
  const placeOf = (text: string, mark: string): Place => {
    const before = text.slice(0, text.indexOf(mark)).split('\n');
    return { line: before.length - 1, character: before.at(-1)!.length };
  };
  test('places that an edit does not touch keep their text', () => {
    const words = fc.array(fc.constantFrom('a', 'b', '\n', 'cc '), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(words, words, words, words, (before, removed, inserted, after) => {
        const old = `${before}${removed}${after}@`;
        const now = `${before}${inserted}${after}@`;
        const edit = editBetween(old, now, 1);
        const place = followEdits(placeOf(old, '@'), edit ? [edit] : [], 0);
        expect(place, JSON.stringify(edit && apply(old, edit, now))).toEqual(placeOf(now, '@'));
      }),
    );
  });
  test('a place is followed from where it was last, with the same result as from its beginning', () => {
    const texts = fc.array(fc.array(fc.constantFrom('a', 'b\n', 'c '), { maxLength: 8 }), {
      minLength: 2,
      maxLength: 8,
    });
    const places = fc.array(fc.record({ line: fc.nat(6), character: fc.nat(4) }), { minLength: 1 });
    fc.assert(
      fc.property(texts, places, (versions, marks) => {
        const history = createEditHistory();
        const edits: Edit[] = [];
        for (let i = 1; i < versions.length; i++) {
          const edit = editBetween(versions[i - 1].join(''), versions[i].join(''), i);
          if (edit) edits.push(edit);
          if (edit) history.add(edit);
          for (const mark of marks) {
            const revision = Math.min(i, mark.line % 3);
            expect(history.follow(mark, revision)).toEqual(followEdits(mark, edits, revision));
          }
        }
        expect(history.lastRevision()).toBe(edits.at(-1)?.revision ?? 0);
      }),
    );
  });
  test('an edit costs no more after very many', () => {
    const history = createEditHistory();
    const start = cpuTime();
    for (let i = 1; i <= 20_000; i++) {
      history.add({
        revision: i,
        start: { line: 0, character: 0 },
        end: { line: 0, character: 0 },
        newEnd: { line: 1, character: 0 },
      });
      for (let line = 0; line < 20; line++) history.follow({ line, character: 0 }, 0);
    }
    expect(history.follow({ line: 3, character: 5 }, 0)).toEqual({ line: 20_003, character: 5 });
    // Following each place from its beginning would be 4 · 10⁹ steps.
    expect(cpuTime() - start).toBeLessThan(5000);
  });
  test('a removed line takes its places along, a changed one keeps them', () => {
    const removed = editBetween('one\ntwo\nthree\n', 'one\nthree\n', 1)!;
    expect(followEdits({ line: 2, character: 1 }, [removed], 0)).toEqual({ line: 1, character: 1 });
    const gone = editBetween('one\nxyz\nlast\n', 'one\n', 1)!;
    expect(followEdits({ line: 1, character: 1 }, [gone], 0)).toBeUndefined();
    const renamed = editBetween('  add(dense)\n', '  add(conv)\n', 1)!;
    expect(followEdits({ line: 0, character: 7 }, [renamed], 0)?.line).toBe(0);
    expect(followEdits({ line: 2, character: 1 }, [removed], 1)).toEqual({ line: 2, character: 1 });
  });
});

describe('words', () => {
  test('numbers never claim all or nothing of what is nearly so', () => {
    expect(percent(0.9774)).toBe('97.7 %');
    expect(percent(0.99996)).toBe('99.996 %');
    expect(percent(1)).toBe('100 %');
    expect(percent(0.00001)).toBe('0.001 %');
    expect(percentRange(0.961, 0.9921)).toBe('96.1–99.2 %');
    expect([short(999), short(41_234_567)]).toEqual(['999', '41.2 M']);
    expect([bar(0), bar(0.001), bar(1)]).toEqual(['░░░░░░░░░░', '█░░░░░░░░░', '██████████']);
    expect([duration(0.2), duration(120), duration(7500)]).toEqual(['1 s', '2 min', '2 h 5 min']);
    expect(progressMessage({ job: '', message: 'Epoch 1', secondsLeft: 12 })).toBe('Epoch 1, 12 s left');
  });
});

describe('states', () => {
  test('methods are those of the engine', () => {
    const told = methods.map(({ name, title, needsData }) => ({ name, title, needsData }));
    expect(METHODS).toEqual(told);
  });
  test('updates are told, and names know their files', () => {
    const seen: string[] = [];
    const store = createModelStore(
      () => 0.9,
      ({ model }) => seen.push(model),
    );
    expect(store.dispatch(MODEL, { kind: 'dataChosen', data: 'mnist' })).toMatchObject({
      file: FILE,
      sparsity: 0.9,
      data: 'mnist',
    });
    expect(seen).toEqual([MODEL]);
    expect(fileOfModel('/a#b/model.json')).toBe('/a#b/model.json');
  });
  test('addresses of editors are paths, on Windows too', () => {
    expect(fileOf('file:///ws/r%C3%A9seau%231%25.ts', false)).toBe('/ws/réseau#1%.ts');
    expect(fileOf('file:///c%3A/my%20ws/net.ts', true)).toBe('c:\\my ws\\net.ts');
    expect(fileOf('file://server/share/net.ts', true)).toBe('\\\\server\\share\\net.ts');
    expect(fileOf('file:///no-drive.ts', true)).toBeUndefined();
    expect(fileOf('untitled:Untitled-1', true)).toBeUndefined();
  });
  test('an architecture is the same wherever it is written', () => {
    const moved = { ...SUMMARY, layers: SUMMARY.layers.map((one) => ({ ...one, source: [] })) };
    expect(sameArchitecture(SUMMARY, moved)).toBe(true);
    expect(sameArchitecture({ ...SUMMARY, fingerprint: 'a' }, { ...moved, fingerprint: 'b' })).toBe(false);
    expect(sameArchitecture(SUMMARY, { ...SUMMARY, layers: SUMMARY.layers.slice(1) })).toBe(false);
  });
  test('settings that make no sense are the defaults', () => {
    expect(parseSettings(null)).toEqual(DEFAULT_SETTINGS);
    expect(parseSettings({ sparsity: 2, rescore: { method: 'x', delay: -1 }, backend: 'auto' })).toEqual(
      DEFAULT_SETTINGS,
    );
    expect(parseSettings({ sparsity: 0.5, worker: { memoryLimit: 512 } })).toMatchObject({
      sparsity: 0.5,
      worker: { memoryLimit: 512 },
    });
    const runs = { folder: ' ', otherFolders: ['/mnt/runs', '', 3] };
    expect(parseSettings({ runs }).runs).toEqual({ folder: '.prunelens/runs', otherFolders: ['/mnt/runs'] });
  });
  test('failures keep their kind', () => {
    const location = { file: FILE, line: 1, column: 1 };
    expect(toErrorData(new UserError('No.', { location, hint: 'Do.' }))).toEqual({
      kind: 'failed',
      message: 'No.',
      hint: 'Do.',
      location,
    });
    expect(toResponseError(new UserError('No.', { hint: 'Do.' })).message).toBe('No. Do.');
    expect(toErrorData(new TypeError('x is undefined')).message).toContain('a bug of PruneLens');
  });
  test('the status of most concern is shown, with all jobs', () => {
    const job = { id: '1', title: 'Training', state: 'running' as const, position: 0 };
    expect(combineStatuses([])).toEqual({ worker: 'stopped', jobs: [] });
    const both = combineStatuses([
      { worker: 'ready', jobs: [] },
      { worker: 'busy', jobs: [job] },
    ]);
    expect(both).toEqual({ worker: 'busy', jobs: [job] });
  });
  test('a data rule goes first, and everything else stays', () => {
    const text = '{\n  // Mine.\n  "epochs": 3,\n  "data": "cifar10"\n}\n';
    const result = withDataRule(text, './net.ts', 'mnist');
    expect(result).toContain('// Mine.');
    expect(JSON.parse(result.replace('// Mine.', ''))).toEqual({
      epochs: 3,
      data: [
        { models: './net.ts', data: 'mnist' },
        { models: '**', data: 'cifar10' },
      ],
    });
    expect(() => withDataRule('{', 'a', 'b')).toThrow(UserError);
  });
});
