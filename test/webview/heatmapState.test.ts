/** The heatmap's state: how events change it, and what follows from it. */
import { describe, expect, it } from 'vitest';
import {
  compareChoices,
  comparedChoice,
  comparedEpochs,
  comparedWith,
  isUnscored,
  maskedRuns,
  seedQuestion,
} from '../../webview/heatmap/compared';
import { aimText, chosenMethod, methodChoices, stabilityOfAll } from '../../webview/heatmap/headerTexts';
import {
  hasPaths,
  histogramQuestion,
  keptOf,
  overlapQuestion,
  rowsOf,
  shownOverlap,
  tileInput,
} from '../../webview/heatmap/selectors';
import { firstState, type HeatmapEvent, type HeatmapPage, reduce, shownScore } from '../../webview/heatmap/state';
import { heatmapState, METHODS, MODEL, MODEL_RUNS, STABILITY, selectionOf, WEIGHTS } from './support/scores';

const stateAfter = (events: readonly HeatmapEvent[], from: HeatmapPage = firstState({})) => events.reduce(reduce, from);
const LOADED: readonly HeatmapEvent[] = [
  { kind: 'loadStarted', model: MODEL },
  { kind: 'loaded', model: MODEL, answer: heatmapState() },
];
const overlap = { iou: 0.5, otherKept: 9, weights: [{ weight: WEIGHTS[0].name, iou: 0.25, otherKept: 7 }] };

describe('loading a model', () => {
  it('shows the answer about the model that was asked for last', () => {
    const page = stateAfter(LOADED);
    expect(page).toMatchObject({ phase: 'loaded', sparsity: 0.98 });
    expect(rowsOf(page).map(({ weight }) => weight)).toEqual(WEIGHTS.map(({ name }) => name));
    const other: HeatmapEvent = { kind: 'loaded', model: 'other.ts', answer: heatmapState({ sparsity: 0.5 }) };
    expect(reduce(page, other)).toBe(page);
    expect(reduce(page, { kind: 'loadFailed', model: 'other.ts', problem: 'no' })).toBe(page);
  });

  it('keeps what is newer on the screen where the answer is about the same scores and sparsity', () => {
    const selection = selectionOf('prospr-1', 0.98, false);
    const page = stateAfter([...LOADED, { kind: 'selected', selection }]);
    const again = stateAfter([LOADED[1]], page);
    expect(again.selection).toBe(selection);
    const moved = stateAfter([{ kind: 'loaded', model: MODEL, answer: heatmapState({ sparsity: 0.9 }) }], page);
    expect(moved.sparsity).toBe(0.9);
    expect(moved.selection).not.toBe(selection);
  });

  it('has nothing to ask, and nothing of a score to keep, where there are no scores', () => {
    const answer = heatmapState({ scores: [], shown: undefined, selection: undefined });
    const page = stateAfter([
      { kind: 'loadStarted', model: MODEL },
      { kind: 'loaded', model: MODEL, answer },
    ]);
    expect(shownScore(page)).toBeUndefined();
    expect([histogramQuestion(page), overlapQuestion(page), tileInput(page)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(keptOf(page)).not.toHaveProperty('method');
    expect(keptOf(page)).toMatchObject({ model: MODEL, tab: 'layers' });
  });
});

it('says how many weights would be chosen again, and where that was measured', () => {
  expect(stabilityOfAll(STABILITY, 0.98)).toBe('98 % of these weights would be chosen again, 80 % on other batches');
  expect(stabilityOfAll({ ...STABILITY, batches: null }, 0.9)).toBe(
    '98 % of the weights at 98 % sparsity would be chosen again',
  );
  const rows = rowsOf(stateAfter(LOADED));
  expect(rows.slice(0, 2).map(({ again }) => again)).toEqual([1, expect.closeTo(0.98)]);
});

describe('selections', () => {
  it('are taken of the shown score only', () => {
    const page = stateAfter(LOADED);
    expect(reduce(page, { kind: 'selected', selection: selectionOf('snip-1', 0.98, true) })).toBe(page);
    const quick = reduce(page, { kind: 'selected', selection: selectionOf('prospr-1', 0.97, false) });
    expect([hasPaths(page), hasPaths(quick)]).toEqual([true, false]);
  });

  it('keep the sparsity over a reload once the slider rests', () => {
    const moving = stateAfter([...LOADED, { kind: 'sliderMoved', sparsity: 0.95 }]);
    expect(tileInput(moving)?.sparsity).toBe(0.95);
    expect(keptOf(moving)).not.toHaveProperty('sparsity');
    expect(keptOf(reduce(moving, { kind: 'sliderRested', sparsity: 0.95 }))).toMatchObject({ sparsity: 0.95 });
  });
});

describe('a comparison', () => {
  const page = stateAfter([...LOADED, { kind: 'compared', method: 'snip' }]);
  const question = { scoreId: 'prospr-1', otherScoreId: 'snip-1' };

  it('asks for the overlap at the shown sparsity, and shows it in the rows', () => {
    expect(overlapQuestion(page)).toEqual({ ...question, sparsity: 0.98 });
    expect(tileInput(page)?.other).toEqual({ otherScoreId: 'snip-1', title: 'SNIP' });
    const told = reduce(page, { kind: 'overlapTold', question, overlap });
    expect(rowsOf(told)[0]).toMatchObject({ iou: 0.25, otherKept: 7 });
    expect(shownOverlap(reduce(told, { kind: 'compared', method: '' }))).toBeUndefined();
  });

  it('is offered with scored methods, others, other sparsities, and masked runs of the model', () => {
    const started: HeatmapEvent = { kind: 'started', methods: METHODS, models: [] };
    const told = stateAfter([started, { kind: 'runsTold', runs: MODEL_RUNS }], page);
    const labels = compareChoices(told).map(({ label }) => label);
    expect(labels.slice(0, 3)).toEqual(['None', 'SNIP', 'Magnitude (score now)']);
    expect(labels.slice(3, 5)).toEqual(['ProsPr at 50 %', 'ProsPr at 80 %']);
    expect(labels.filter((label) => label.startsWith('Run'))).toEqual(['Run seed-2', 'Run changing']);
    const [run] = MODEL_RUNS;
    const named = {
      model: '/a/net.ts#default',
      runs: [
        { ...run, model: '/a/net.ts' },
        { ...run, model: '/b/net.ts' },
      ],
    };
    expect(maskedRuns(named)).toEqual([named.runs[0]]);
    expect([isUnscored(told, 'magnitude'), isUnscored(told, 'snip')]).toEqual([true, false]);
    const scoring = reduce(told, { kind: 'compared', method: 'magnitude' });
    expect([comparedChoice(scoring), comparedWith(scoring)]).toEqual(['magnitude', undefined]);
  });

  it('is with a run, and with another sparsity of the same scores', () => {
    const told = stateAfter([{ kind: 'runsTold', runs: MODEL_RUNS }], page);
    const { run } = MODEL_RUNS[0];
    const withRun = reduce(told, { kind: 'compared', method: `run:${run}` });
    expect(overlapQuestion(withRun)).toEqual({ scoreId: 'prospr-1', otherRun: run, sparsity: 0.98 });
    expect(shownOverlap(reduce(withRun, { kind: 'overlapTold', question, overlap }))).toBeUndefined();
    const sparser = reduce(told, { kind: 'compared', method: 'sparsity:0.9' });
    expect(tileInput(sparser)?.other).toEqual({ otherSparsity: 0.9, title: '90 %' });
    expect(comparedWith(reduce(told, { kind: 'compared', method: 'run:/gone' }))).toBeUndefined();
  });

  it('is with the same method by another seed, which is scored for that beside what is shown', () => {
    const withSeed = reduce({ ...page, model: MODEL }, { kind: 'compared', method: 'seed:2' });
    expect(compareChoices(withSeed)).toContainEqual({ value: 'seed:2', label: 'ProsPr with seed 2' });
    expect(compareChoices(withSeed)).not.toContainEqual(expect.objectContaining({ value: 'seed:1' }));
    const asked = { model: MODEL, seed: 2, basis: 'prospr-1' };
    expect([seedQuestion(withSeed), comparedWith(withSeed), comparedChoice(withSeed)]).toEqual([
      asked,
      undefined,
      'seed:2',
    ]);
    const { basis, seed } = asked;
    const scored = reduce(withSeed, { kind: 'seedScored', otherSeed: { basis, seed, scoreId: 'prospr-second' } });
    expect(comparedWith(scored)).toEqual({ title: 'seed 2', otherScoreId: 'prospr-second' });
    // Beside another score, or by another seed, it is not the one that is meant.
    const other = { ...scored, answer: { ...scored.answer!, shown: 'snip' } };
    expect([comparedWith(other), seedQuestion(other)?.basis]).toEqual([undefined, 'snip-1']);
    expect(comparedWith(reduce(scored, { kind: 'compared', method: 'seed:3' }))).toBeUndefined();
    expect(seedQuestion({ ...scored, answer: { ...scored.answer!, stale: true } })).toBeUndefined();
  });

  it('is with the masks of a run after any of its epochs, where training changes them', () => {
    const told = stateAfter([{ kind: 'runsTold', runs: MODEL_RUNS }], page);
    const { run } = MODEL_RUNS[3];
    const compared = reduce(told, { kind: 'compared', method: `run:${run}` });
    expect(comparedEpochs(compared)).toEqual({ chosen: 2, last: 2 });
    expect(overlapQuestion(compared)).toEqual({ scoreId: 'prospr-1', otherRun: run, sparsity: 0.98 });
    const begun = reduce(compared, { kind: 'compareEpochChosen', epoch: 0 });
    expect(comparedEpochs(begun)).toEqual({ chosen: 0, last: 2 });
    expect(comparedWith(begun)?.title).toBe('changing before training');
    expect(overlapQuestion(begun)).toEqual({ scoreId: 'prospr-1', otherRun: run, otherEpoch: 0, sparsity: 0.98 });
    const answered = { kind: 'overlapTold', question: overlapQuestion(compared)!, overlap } as const;
    expect(shownOverlap(reduce(begun, answered))).toBeUndefined();
    const fixed = reduce(begun, { kind: 'compared', method: `run:${MODEL_RUNS[0].run}` });
    expect([comparedEpochs(fixed), comparedWith(fixed)?.otherEpoch]).toEqual([undefined, undefined]);
  });

  it('does not take an overlap with scores that are not compared any more', () => {
    const alone = reduce(page, { kind: 'compared', method: '' });
    expect(reduce(alone, { kind: 'overlapTold', question, overlap })).toBe(alone);
  });
});

describe('the header', () => {
  it('offers scored methods first, and shows the one that is scored until that ends', () => {
    const started: HeatmapEvent = {
      kind: 'started',
      methods: [{ name: 'magnitude', title: 'Magnitude', description: '' }],
      models: [],
    };
    const page = stateAfter([started, ...LOADED]);
    expect(methodChoices(page).map(({ label }) => label)).toEqual(['ProsPr', 'SNIP', 'Magnitude (score now)']);
    const scoring = reduce(page, { kind: 'scoringStarted', method: 'magnitude' });
    expect(chosenMethod(scoring)).toBe('magnitude');
    expect(chosenMethod(reduce(scoring, { kind: 'scoringEnded' }))).toBe('prospr');
    const score = { ...shownScore(page)!, aim: 0.98 };
    expect([aimText(score, 0.98), aimText(score, 0.9)]).toEqual([undefined, expect.stringContaining('for 90 %')]);
  });

  it('asks for the histogram of the chosen weights, if the score has them', () => {
    const page = stateAfter([...LOADED, { kind: 'histogramWeightChosen', weight: WEIGHTS[1].name }]);
    expect(histogramQuestion(page)).toMatchObject({ scoreId: 'prospr-1', weight: WEIGHTS[1].name });
    const gone = reduce(page, { kind: 'histogramWeightChosen', weight: 'gone/kernel' });
    expect(histogramQuestion(gone)).not.toHaveProperty('weight');
  });
});

it('tells each failure once, the newest three', () => {
  const failures = ['a', 'b', 'a', 'c', 'd'].map((message): HeatmapEvent => ({ kind: 'failed', message }));
  const page = stateAfter(failures);
  expect(page.notices).toEqual(['b', 'c', 'd']);
  expect(reduce(page, { kind: 'noticeClosed', message: 'c' }).notices).toEqual(['b', 'd']);
});
