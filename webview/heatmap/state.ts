/** The heatmap as a state: what the host has told, what is chosen, and what follows from both. No browser is needed here. */
import type { HeatmapState, ModelEntry } from '../../server/protocol/editor';
import type { Histogram, OtherMasks, Overlap, RunSummary, Selection } from '../../server/protocol/results';
import type { MethodChoice, PageState } from '../../server/protocol/webview';
import { withNotice, withoutNotice } from '../shared/notices';
import type { Reducer } from '../shared/store';
import { comparedWith, type OtherSeed } from './compared';
import { FIRST_LIST, type ListChoice } from './listing';
import { shownScore } from './shownScore';
import type { Viewport } from './viewport';

export { shownScore };

/** What is kept over a reload. The sparsity and the shown method are the server's, kept for one that knows no score yet. */
export interface HeatmapPageState extends PageState {
  readonly method: string;
  readonly sparsity: number;
  readonly compare: string;
  readonly tab: string;
  readonly histogramWeight: string;
  readonly logCounts: boolean;
  readonly viewports: { readonly [weight: string]: Viewport };
  readonly list: ListChoice;
  readonly scroll: number;
}

/** The weights of a histogram that is of all layers. */
export const ALL_WEIGHTS = '';

export interface HeatmapPage {
  readonly methods: readonly MethodChoice[];
  readonly models: readonly ModelEntry[];
  /** What the main part is about: waiting, asking for a model, saying why there is none, or the model itself. */
  readonly phase: 'loading' | 'choosing' | 'failed' | 'loaded';
  /** Why loading failed. */
  readonly problem: string;
  readonly model?: string;
  /** The server's last answer, and the model it is about: the one before while another model is loaded. */
  readonly answer?: HeatmapState;
  readonly answered?: string;
  /** Method that the model is being scored with, to be shown then. */
  readonly scoring?: string;
  readonly selection?: Selection;
  readonly overlap?: Overlap;
  readonly histogram?: Histogram;
  readonly sparsity: number;
  /** The slider was moved and has not come to rest yet. */
  readonly isMoving: boolean;
  /** The score by another seed that was asked for last. */
  readonly otherSeed?: OtherSeed;
  /** Method, sparsity, seed or run to compare with, as `compared.ts` writes it; empty for none. */
  readonly compare: string;
  /** Of a run whose masks change: those after so many epochs. */
  readonly compareEpoch?: number;
  /** Runs on disk, of all models. */
  readonly runs: readonly RunSummary[];
  readonly list: ListChoice;
  /** Name of the weights that have the whole panel. */
  readonly opened?: string;
  readonly tab: string;
  readonly histogramWeight: string;
  readonly logCounts: boolean;
  readonly viewports: { readonly [weight: string]: Viewport };
  /** What runs at the moment; empty for nothing. */
  readonly work: string;
  readonly notices: readonly string[];
  /** Counts changes of the theme, whose colors are read anew then. */
  readonly theme: number;
}

export type HeatmapEvent =
  | {
      readonly kind: 'started';
      readonly methods: readonly MethodChoice[];
      readonly models: readonly ModelEntry[];
    }
  | { readonly kind: 'choiceWanted' }
  | { readonly kind: 'loadStarted'; readonly model: string }
  | { readonly kind: 'loaded'; readonly model: string; readonly answer: HeatmapState }
  | { readonly kind: 'loadFailed'; readonly model: string; readonly problem: string }
  | { readonly kind: 'restoreStarted' }
  | { readonly kind: 'methodShown'; readonly method: string }
  | { readonly kind: 'scoringStarted'; readonly method: string }
  | { readonly kind: 'scoringEnded' }
  | { readonly kind: 'compared'; readonly method: string }
  | { readonly kind: 'compareEpochChosen'; readonly epoch: number }
  | { readonly kind: 'sliderMoved'; readonly sparsity: number }
  | { readonly kind: 'sliderRested'; readonly sparsity: number }
  | { readonly kind: 'selected'; readonly selection: Selection }
  | {
      readonly kind: 'overlapTold';
      readonly question: { readonly scoreId: string } & OtherMasks;
      readonly overlap: Overlap;
    }
  | {
      readonly kind: 'histogramTold';
      readonly question: { readonly scoreId: string; readonly weight?: string };
      readonly histogram: Histogram;
    }
  | { readonly kind: 'seedScored'; readonly otherSeed: OtherSeed }
  | { readonly kind: 'runsTold'; readonly runs: readonly RunSummary[] }
  | { readonly kind: 'listSet'; readonly list: Partial<ListChoice> }
  | { readonly kind: 'opened'; readonly weight: string | undefined }
  | { readonly kind: 'tabShown'; readonly tab: string }
  | { readonly kind: 'histogramWeightChosen'; readonly weight: string }
  | { readonly kind: 'logCountsSet'; readonly log: boolean }
  | { readonly kind: 'viewMoved'; readonly weight: string; readonly view: Viewport }
  | { readonly kind: 'workTold'; readonly work: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'noticeClosed'; readonly message: string }
  | { readonly kind: 'themeChanged' };

/** The state before the host has said anything. */
export function firstState(kept: Partial<HeatmapPageState>): HeatmapPage {
  return {
    methods: [],
    models: [],
    phase: 'loading',
    problem: '',
    sparsity: 0.9,
    isMoving: false,
    compare: kept.compare ?? '',
    runs: [],
    list: { ...FIRST_LIST, ...kept.list },
    tab: kept.tab ?? 'layers',
    histogramWeight: kept.histogramWeight ?? ALL_WEIGHTS,
    logCounts: kept.logCounts ?? true,
    viewports: kept.viewports ?? {},
    work: '',
    notices: [],
    theme: 0,
  };
}

/** Whether an answer about `model` shows what is on the screen already: then what is newer there stays. */
export function showsSame(page: HeatmapPage, model: string, answer: HeatmapState): boolean {
  return (
    page.answered === model &&
    shownScore({ answer })?.scoreId === shownScore(page)?.scoreId &&
    answer.sparsity === page.sparsity
  );
}

function loaded(page: HeatmapPage, model: string, answer: HeatmapState): HeatmapPage {
  if (model !== page.model) return page;
  const next: HeatmapPage = { ...page, phase: 'loaded', answer, answered: model };
  if (!shownScore(next)) return { ...next, selection: undefined };
  if (showsSame(page, model, answer)) return next;
  const isSameScore = shownScore(next)?.scoreId === shownScore(page)?.scoreId;
  const { sparsity, selection } = answer;
  return {
    ...next,
    sparsity,
    selection,
    isMoving: false,
    ...(!isSameScore && { overlap: undefined }),
  };
}

/** Answers to a question about scores that are not shown any more change nothing. */
export const reduce: Reducer<HeatmapPage, HeatmapEvent> = (page, event) => {
  switch (event.kind) {
    case 'started':
      return { ...page, methods: event.methods, models: event.models };
    case 'choiceWanted':
      return { ...page, phase: 'choosing' };
    case 'loadStarted':
      return { ...page, model: event.model, phase: event.model === page.model ? page.phase : 'loading' };
    case 'loaded':
      return loaded(page, event.model, event.answer);
    case 'loadFailed':
      return event.model === page.model ? { ...page, phase: 'failed', problem: event.problem } : page;
    case 'restoreStarted':
      return { ...page, phase: 'loading' };
    case 'methodShown':
      return page.answer ? { ...page, answer: { ...page.answer, shown: event.method }, overlap: undefined } : page;
    case 'scoringStarted':
      return { ...page, scoring: event.method };
    case 'scoringEnded':
      return { ...page, scoring: undefined };
    case 'compared':
      return { ...page, compare: event.method, compareEpoch: undefined, overlap: undefined };
    case 'compareEpochChosen':
      return { ...page, compareEpoch: event.epoch };
    case 'sliderMoved':
      return { ...page, sparsity: event.sparsity, isMoving: true };
    case 'sliderRested':
      return { ...page, sparsity: event.sparsity, isMoving: false };
    case 'selected':
      return event.selection.scoreId === shownScore(page)?.scoreId ? { ...page, selection: event.selection } : page;
    case 'overlapTold': {
      const { scoreId, otherScoreId, otherSparsity, otherRun, otherEpoch } = event.question;
      const compared = comparedWith(page);
      const isAsked =
        scoreId === shownScore(page)?.scoreId &&
        compared !== undefined &&
        otherScoreId === compared.otherScoreId &&
        otherSparsity === compared.otherSparsity &&
        otherRun === compared.otherRun &&
        otherEpoch === compared.otherEpoch;
      return isAsked ? { ...page, overlap: event.overlap } : page;
    }
    case 'histogramTold':
      return event.question.scoreId === shownScore(page)?.scoreId ? { ...page, histogram: event.histogram } : page;
    case 'seedScored':
      return { ...page, otherSeed: event.otherSeed };
    case 'runsTold':
      return { ...page, runs: event.runs };
    case 'listSet':
      return { ...page, list: { ...page.list, ...event.list } };
    case 'opened':
      return { ...page, opened: event.weight };
    case 'tabShown':
      return { ...page, tab: event.tab };
    case 'histogramWeightChosen':
      return { ...page, histogramWeight: event.weight };
    case 'logCountsSet':
      return { ...page, logCounts: event.log };
    case 'viewMoved':
      return { ...page, viewports: { ...page.viewports, [event.weight]: event.view } };
    case 'workTold':
      return event.work === page.work ? page : { ...page, work: event.work };
    case 'failed':
      return { ...page, notices: withNotice(page.notices, event.message) };
    case 'noticeClosed':
      return { ...page, notices: withoutNotice(page.notices, event.message) };
    case 'themeChanged':
      return { ...page, theme: page.theme + 1 };
  }
};
