/** What events make of a model's state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelEvent, reduce } from '../../../server/lsp/model/events';
import {
  builtOf,
  estimateOf,
  failureOf,
  heldScores,
  isEdited,
  isLost,
  isStale,
  releasedScores,
  resultsOf,
  scoresOf,
  shownAtLines,
  shownScore,
  summaryOf,
  validScore,
} from '../../../server/lsp/model/selectors';
import { initialState, type ModelState } from '../../../server/lsp/model/state';
import type { ModelSummary, ScoreSummary, Selection } from '../../../server/protocol/results';

const MODEL = '/workspace/net.ts#default';
const FAILURE = { kind: 'failed' as const, message: 'It does not build.' };

function summary(fingerprint: string): ModelSummary {
  return { model: MODEL, name: 'net', inputShape: [4], classes: 2, layers: [], fingerprint };
}

function score(method: string, scoreId: string): ScoreSummary {
  const made = { seed: 0, backend: 'cpu', device: 'CPU', seconds: 1, weights: [] };
  return { scoreId, model: MODEL, method, title: method, ...made };
}

function selection(scoreId: string, sparsity = 0.9): Selection {
  return { scoreId, sparsity, threshold: 0, prunable: 10, kept: 1, layers: [], collapsed: [], disconnected: [] };
}

const described = (fingerprint: string, revision = 1, edited = false): ModelEvent => ({
  kind: 'described',
  summary: summary(fingerprint),
  revision,
  edited,
});
const finished = (method: string, scoreId: string, fingerprint: string, edited: boolean, revision: number) => ({
  summary: summary(fingerprint),
  revision,
  edited,
  score: score(method, scoreId),
  origin: 'first',
  selection: selection(scoreId),
});
const scored = (method = 'snip', scoreId = 'a', fingerprint = 'A', edited = false, revision = 1): ModelEvent => ({
  kind: 'scored',
  layers: '',
  ...finished(method, scoreId, fingerprint, edited, revision),
});
const estimated = (scoreId = 'e', fingerprint = 'B', edited = false): ModelEvent => ({
  kind: 'estimated',
  ...finished('magnitude', scoreId, fingerprint, edited, 2),
});

/** A model after events, pruned to 90 % at first. */
function stateAfter(...events: readonly ModelEvent[]): ModelState {
  return events.reduce(reduce, initialState(MODEL, 0.9));
}

describe('building', () => {
  it('that fails keeps the last good description and every score, and one that succeeds ends the failure', () => {
    const failing = stateAfter(scored(), { kind: 'failed', failure: FAILURE, revision: 7 });
    expect(failureOf(failing)).toMatchObject({ failure: FAILURE, revision: 7 });
    expect(builtOf(failing)).toEqual({ summary: summary('A'), revision: 1 });
    expect(shownScore(failing)?.scoreId).toBe('a');
    expect(failureOf(reduce(failing, described('A', 8)))).toBeUndefined();
    const again = reduce(failing, { kind: 'failed', failure: FAILURE, revision: 9 });
    expect(builtOf(again)).toEqual({ summary: summary('A'), revision: 1 });
  });

  it('that succeeds before a scoring leaves what is known at its own lines', () => {
    const mended = stateAfter(scored(), { kind: 'failed', failure: FAILURE, revision: 7 }, { kind: 'mended' });
    expect([mended.description.phase, builtOf(mended)?.revision]).toEqual(['described', 1]);
    const never = stateAfter({ kind: 'failed', failure: FAILURE, revision: 7 }, { kind: 'mended' });
    expect(never.description).toEqual({ phase: 'none' });
  });

  it('of a later revision that failed is not hidden by a scoring of an earlier one', () => {
    const state = stateAfter({ kind: 'failed', failure: FAILURE, revision: 3 }, scored('snip', 'a', 'A', true, 2));
    expect(failureOf(state)?.revision).toBe(3);
    expect(builtOf(state)?.revision).toBe(2);
    expect(failureOf(reduce(state, scored('snip', 'b', 'A', false, 4)))).toBeUndefined();
  });

  it('the same architecture again makes scores fresh; another one makes them stale', () => {
    const stale = stateAfter(scored(), { kind: 'edited' });
    expect(isStale(stale)).toBe(true);
    expect(reduce(stale, described('A')).scores.phase).toBe('fresh');
    expect(reduce(stale, described('A', 2, true)).scores.phase).toBe('stale');
    expect(reduce(stale, described('B')).scores.phase).toBe('stale');
    expect(stateAfter(scored(), described('B')).scores.phase).toBe('stale');
    expect(stateAfter(described('A')).scores).toEqual({ phase: 'none' });
  });
});

describe('scoring', () => {
  it('keeps scores of the same architecture and layers, one a method, and shows the new one', () => {
    const two = stateAfter(scored('snip', 'a'), scored('grasp', 'b'));
    expect(scoresOf(two).map(({ scoreId }) => scoreId)).toEqual(['a', 'b']);
    expect(shownScore(two)?.scoreId).toBe('b');
    expect(scoresOf(reduce(two, scored('snip', 'c'))).map(({ scoreId }) => scoreId)).toEqual(['b', 'c']);
    expect(scoresOf(reduce(two, scored('snip', 'c', 'B')))).toHaveLength(1);
    expect(scoresOf(reduce(two, { ...scored('snip', 'c'), layers: 'fc*' } as ModelEvent))).toHaveLength(1);
    expect(scoresOf(reduce(reduce(two, { kind: 'processLost' }), scored('snip', 'c')))).toHaveLength(1);
  });

  it('of a model that was edited meanwhile is stale at once', () => {
    expect(stateAfter(scored('snip', 'a', 'A', true)).scores.phase).toBe('stale');
  });

  it('frees what is not referred to any more, but nothing of a process that is gone', () => {
    const before = stateAfter(scored('snip', 'a'), scored('grasp', 'b'), { kind: 'edited' }, estimated());
    const released = (event: ModelEvent) => releasedScores(before, reduce(before, event)).map(({ scoreId }) => scoreId);
    expect(released(scored('snip', 'c', 'B'))).toEqual(['a', 'b', 'e']);
    expect(released(estimated('f'))).toEqual(['e']);
    expect(released({ kind: 'edited' })).toEqual([]);
    expect(released({ kind: 'processLost' })).toEqual([]);
  });

  it('by other settings than those of now is out of date, until they are as before', () => {
    const state = stateAfter(scored('snip', 'a'), { kind: 'originsRead', origins: new Map([['snip', 'second']]) });
    expect([isStale(state), isEdited(state)]).toEqual([true, false]);
    expect(validScore(state, 'snip', 0.9)).toBeUndefined();
    const back = reduce(state, { kind: 'originsRead', origins: new Map([['snip', 'first']]) });
    expect(validScore(back, 'snip', 0.9)?.scoreId).toBe('a');
    expect(reduce(back, { kind: 'originsRead', origins: new Map([['snip', 'first']]) })).toBe(back);
  });
});

describe('estimates', () => {
  const edited = stateAfter(scored(), { kind: 'edited' });

  it('stand in for scores that are out of date, and for no others', () => {
    expect(shownAtLines(reduce(edited, estimated()))).toMatchObject({ method: 'magnitude', insteadOf: 'snip' });
    const fresh = stateAfter(scored());
    expect(reduce(fresh, estimated())).toBe(fresh);
    const none = stateAfter(described('A'));
    expect(reduce(none, estimated())).toBe(none);
  });

  it('go stale by an edit and hold again for their own architecture; that of the scores ends them', () => {
    const stale = reduce(reduce(edited, estimated()), { kind: 'edited' });
    expect(shownAtLines(stale)?.stale).toBe(true);
    expect(shownAtLines(reduce(stale, described('B')))).toMatchObject({ method: 'magnitude', stale: false });
    expect(estimateOf(reduce(stale, described('A')))).toBeUndefined();
    expect(estimateOf(reduce(stale, described('C')))).toBeUndefined();
    expect(estimateOf(reduce(stale, scored('snip', 'b', 'B')))).toBeUndefined();
  });

  it('are given up by name: one that came later stays', () => {
    const state = reduce(edited, estimated('e'));
    expect(estimateOf(reduce(state, { kind: 'estimateGivenUp', scoreId: 'e' }))).toBeUndefined();
    expect(reduce(state, { kind: 'estimateGivenUp', scoreId: 'earlier' })).toBe(state);
  });
});

describe('selecting', () => {
  it('shows the score that it is of, unless another sparsity is aimed at meanwhile', () => {
    const state = stateAfter(scored('snip', 'a'), scored('grasp', 'b'), { kind: 'aimed', sparsity: 0.5 });
    const event = { kind: 'selected', sparsity: 0.5, selection: selection('a', 0.5) } as const;
    expect(resultsOf(reduce(state, event))).toMatchObject({
      shown: 'snip',
      selection: { scoreId: 'a', sparsity: 0.5 },
    });
    const later = reduce(state, { kind: 'aimed', sparsity: 0.7 });
    expect(reduce(later, event)).toBe(later);
    expect(reduce(state, { ...event, selection: selection('gone', 0.5) })).toBe(state);
  });

  it('of an estimate leaves the selection of the scores', () => {
    const state = stateAfter(scored(), { kind: 'edited' }, estimated());
    const next = reduce(state, { kind: 'selected', sparsity: 0.9, selection: { ...selection('e'), kept: 3 } });
    expect(estimateOf(next)?.selection.kept).toBe(3);
    expect(resultsOf(next)).toBe(resultsOf(state));
  });

  it('that fails takes the aim back to what is shown, unless another has been set', () => {
    const state = stateAfter(scored(), { kind: 'aimed', sparsity: 0.5 });
    expect(reduce(state, { kind: 'aimGivenUp', sparsity: 0.5 }).sparsity).toBe(0.9);
    expect(reduce(state, { kind: 'aimGivenUp', sparsity: 0.6 }).sparsity).toBe(0.5);
  });

  it('with paths replaces the selection that it is of, and no other', () => {
    const state = stateAfter(scored(), { kind: 'edited' }, estimated());
    const [of, ofEstimate] = [resultsOf(state)!.selection, estimateOf(state)!.selection];
    const followed = { ...selection('a'), disconnected: ['fc1'] };
    const paths = (one: Selection) => reduce(state, { kind: 'pathsFollowed', of: one, selection: followed });
    expect(resultsOf(paths(of))?.selection).toBe(followed);
    expect(estimateOf(paths(ofEstimate))?.selection).toBe(followed);
    expect(paths(selection('a'))).toBe(state);
  });
});

describe('losing scores', () => {
  it('of the process keeps showing them, stale or not; a new score is held again', () => {
    const lost = stateAfter(scored(), { kind: 'processLost' });
    expect([isLost(lost), isStale(lost), shownAtLines(lost)?.method]).toEqual([true, false, 'snip']);
    expect(isStale(stateAfter(scored(), { kind: 'edited' }, { kind: 'processLost' }))).toBe(true);
    expect(isStale(reduce(lost, { kind: 'edited' }))).toBe(true);
    expect(isLost(reduce(lost, described('A')))).toBe(true);
    expect(reduce(lost, scored()).scores.phase).toBe('fresh');
    const none = stateAfter({ kind: 'opened' });
    expect(reduce(none, { kind: 'processLost' })).toBe(none);
  });

  it('one by one ends the estimate where it is that one', () => {
    const state = stateAfter(scored(), { kind: 'edited' }, estimated());
    const without = reduce(state, { kind: 'scoreMissing', scoreId: 'e' });
    expect([isLost(without), estimateOf(without)]).toEqual([false, undefined]);
    const lost = reduce(state, { kind: 'scoreMissing', scoreId: 'a' });
    expect([isLost(lost), isStale(lost), estimateOf(lost)?.held.score.scoreId]).toEqual([true, true, 'e']);
    expect(reduce(state, { kind: 'scoreMissing', scoreId: 'other' })).toBe(state);
  });
});

it('settings and choices are kept as they were told', () => {
  const prunable = { minPerLayer: 2, layers: 'fc*' };
  expect(stateAfter({ kind: 'prunableRead', prunable }, { kind: 'dataChosen', data: 'mnist' })).toMatchObject({
    prunable,
    data: 'mnist',
  });
});

describe('after any events', () => {
  const architecture = fc.constantFrom('A', 'B', 'C');
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const method = fc.constantFrom('snip', 'grasp', 'magnitude');
  const revision = fc.integer({ min: 0, max: 9 });
  const sparsity = fc.constantFrom(0.5, 0.9);
  const origin = fc.constantFrom('first', 'second');
  const event: fc.Arbitrary<ModelEvent> = fc.oneof(
    fc.constantFrom<ModelEvent>({ kind: 'opened' }, { kind: 'edited' }, { kind: 'mended' }, { kind: 'processLost' }),
    fc.tuple(architecture, revision, fc.boolean()).map((args) => described(...args)),
    fc.tuple(method, id, architecture, fc.boolean(), revision).map((args) => scored(...args)),
    fc.tuple(id, architecture, fc.boolean()).map((args) => estimated(...args)),
    revision.map((at): ModelEvent => ({ kind: 'failed', failure: FAILURE, revision: at })),
    id.map((scoreId): ModelEvent => ({ kind: 'scoreMissing', scoreId })),
    id.map((scoreId): ModelEvent => ({ kind: 'estimateGivenUp', scoreId })),
    sparsity.map((aim): ModelEvent => ({ kind: 'aimed', sparsity: aim })),
    sparsity.map((aim): ModelEvent => ({ kind: 'aimGivenUp', sparsity: aim })),
    fc
      .tuple(id, sparsity)
      .map(([one, aim]): ModelEvent => ({ kind: 'selected', sparsity: aim, selection: selection(one, aim) })),
    fc
      .tuple(method, origin)
      .map(([one, text]): ModelEvent => ({ kind: 'originsRead', origins: new Map([[one, text]]) })),
  );
  const history = fc.array(event, { maxLength: 20 });
  /** Checks the step that an event makes from whatever the history has led to. */
  const everyStep = (check: (before: ModelState, one: ModelEvent, next: ModelState) => void) =>
    fc.assert(
      fc.property(history, event, (events, one) => {
        const before = stateAfter(...events);
        check(before, one, reduce(before, one));
      }),
      { numRuns: 500 },
    );

  it('a failure loses neither the last good description nor a score', () => {
    everyStep((before, _, __) => {
      const next = reduce(before, { kind: 'failed', failure: FAILURE, revision: 5 });
      expect(builtOf(next)).toEqual(builtOf(before));
      expect(next.scores).toBe(before.scores);
    });
  });

  it('lost scores answer nothing, and only a new score ends that', () => {
    everyStep((before, one, next) => {
      if (isLost(next)) {
        for (const name of ['snip', 'grasp', 'magnitude']) expect(validScore(next, name, 0.9)).toBeUndefined();
      }
      if (isLost(before) && one.kind !== 'scored') expect(isLost(next)).toBe(true);
    });
  });

  it('an edit makes scores stale; only a description of their architecture, or a new score, makes them fresh', () => {
    everyStep((before, one, next) => {
      if (resultsOf(before) && one.kind === 'edited') expect(isEdited(next)).toBe(true);
      if (!isEdited(before) || isEdited(next)) return;
      expect(['described', 'scored']).toContain(one.kind);
      expect(summaryOf(next)?.fingerprint).toBe(resultsOf(next)?.architecture.fingerprint);
    });
  });

  it('the shown method has a score, methods are there once, and estimates stand in for edited scores only', () => {
    everyStep((_, __, next) => {
      const results = resultsOf(next);
      if (results) {
        const methods = scoresOf(next).map((one) => one.method);
        expect(methods).toContain(results.shown);
        expect(new Set(methods).size).toBe(methods.length);
      }
      if (estimateOf(next)) expect(isEdited(next)).toBe(true);
    });
  });

  it('what is released was held, and is not any more', () => {
    everyStep((before, _, next) => {
      const held = new Set(heldScores(next).map((one) => one.score.scoreId));
      for (const one of releasedScores(before, next)) {
        expect(heldScores(before).map((known) => known.score)).toContain(one);
        expect(held.has(one.scoreId)).toBe(false);
      }
    });
  });
});
