/**
 * What the language server offers beyond LSP: requests and notifications under `prunelens/`, and the commands of
 * `workspace/executeCommand`. The extension uses them; any LSP client can.
 */
import type {
  BackendSummary,
  ComparisonSummary,
  Histogram,
  ModelName,
  ModelSummary,
  Overlap,
  RunMetrics,
  RunSummary,
  ScoreSummary,
  Selection,
  SurvivalEntry,
  Tile,
  TileRequest,
  WeightDetail,
} from './results';
import type { SurvivalReport } from './survival';
import type { MaskFormat, WorkerProgress } from './worker';

/** Range in a document, lines and characters from 0. */
export interface EditorRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** A model definition found without running code. */
export interface ModelEntry {
  readonly model: ModelName;
  readonly uri: string;
  readonly label: string;
  readonly kind: 'model' | 'builder' | 'keras-json';
  readonly range: EditorRange;
  /** Methods with results, the shown one first. */
  readonly scored: readonly string[];
}

/** All that a heatmap shows of a model. Tiles are asked for one by one. */
export interface HeatmapState {
  readonly summary: ModelSummary;
  /** One score a method; the shown one is `shown`. */
  readonly scores: readonly ScoreSummary[];
  readonly shown?: string;
  readonly sparsity: number;
  readonly selection?: Selection;
  /** The architecture, or what the settings say of scoring, has changed since the score. */
  readonly stale: boolean;
}

export interface JobStatus {
  readonly id: string;
  readonly title: string;
  readonly state: 'queued' | 'running' | 'cancelling';
  /** Place in the queue, 0 for the running one. */
  readonly position: number;
  readonly progress?: WorkerProgress;
}

export interface ServerStatus {
  readonly worker: 'stopped' | 'starting' | 'ready' | 'busy' | 'restarting' | 'failed';
  readonly backend?: string;
  readonly device?: string;
  readonly jobs: readonly JobStatus[];
  /** What is wrong, in one sentence. */
  readonly problem?: string;
}

/** Requests of the client, by method name. */
export interface ServerRequests {
  'prunelens/models': { params: Record<never, never>; result: readonly ModelEntry[] };
  'prunelens/heatmap': { params: { readonly model: ModelName }; result: HeatmapState };
  /** Shows a method's score and sets the model's sparsity: hints follow. `paths` as in SelectParams. */
  'prunelens/select': {
    params: { readonly model: ModelName; readonly method?: string; readonly sparsity: number; readonly paths: boolean };
    result: Selection;
  };
  'prunelens/tile': { params: TileRequest; result: Tile };
  'prunelens/weight': {
    params: { readonly scoreId: string; readonly weight: string; readonly index: number; readonly sparsity: number };
    result: WeightDetail;
  };
  'prunelens/histogram': {
    params: { readonly scoreId: string; readonly weight?: string; readonly bins: number };
    result: Histogram;
  };
  'prunelens/overlap': {
    params: { readonly scoreId: string; readonly otherScoreId: string; readonly sparsity: number };
    result: Overlap;
  };
  'prunelens/runs': { params: Record<never, never>; result: readonly RunSummary[] };
  'prunelens/runMetrics': { params: { readonly run: string }; result: RunMetrics };
  'prunelens/comparisons': { params: Record<never, never>; result: readonly ComparisonSummary[] };
  /** Pictures of what was learned from, of all workspace folders. */
  'prunelens/survivalReports': { params: Record<never, never>; result: readonly SurvivalEntry[] };
  'prunelens/survival': { params: { readonly report: string }; result: SurvivalReport };
  'prunelens/backends': { params: Record<never, never>; result: readonly BackendSummary[] };
  'prunelens/status': { params: Record<never, never>; result: ServerStatus };
}

/** Notifications of the server. */
export interface ServerNotifications {
  'prunelens/statusChanged': ServerStatus;
  /** Scores, selection or staleness of a model changed. */
  'prunelens/modelChanged': { readonly model: ModelName };
  /** The list of runs changed, or one grew. */
  'prunelens/runsChanged': { readonly runs: readonly RunSummary[] };
  'prunelens/training': NonNullable<WorkerProgress['training']>;
}

/** Notifications of the client. */
export interface ClientNotifications {
  /** The user trusts the workspace by now: its code may run. */
  'prunelens/trustGranted': Record<never, never>;
}

/** Asked of a client that says `initializationOptions.chooseData` is true; others get window/showMessageRequest. */
export interface ClientRequests {
  'prunelens/chooseData': {
    params: { readonly model: ModelName; readonly inputShape: readonly number[] };
    /** As `--data`, and whether to write it into prunelens.json; null when dismissed. */
    result: { readonly data: string; readonly write: boolean } | null;
  };
}

/** Commands of `workspace/executeCommand`, each with one argument object. */
export interface ServerCommands {
  'prunelens.server.score': { model: ModelName; method?: string; sparsity?: number };
  'prunelens.server.train': {
    model: ModelName;
    dense?: boolean;
    method?: string;
    sparsity?: number;
    epochs?: number;
    run?: string;
    resume?: boolean;
  };
  'prunelens.server.compare': {
    model: ModelName;
    methods?: readonly string[];
    sparsities?: readonly number[];
    seeds?: number;
    epochs?: number;
  };
  /** Learns a predictor for AutoS into the workspace, and offers to write it into prunelens.json. */
  'prunelens.server.learn': {
    model: ModelName;
    /** Of the predictor; that of the model where it is absent. */
    name?: string;
    iterations?: number;
    epochs?: number;
    limit?: number;
    predictorEpochs?: number;
  };
  'prunelens.server.exportMasks': {
    model: ModelName;
    method?: string;
    sparsity?: number;
    format: MaskFormat;
    file: string;
  };
  /** Writes the masks that a run trains with. */
  'prunelens.server.exportRunMasks': { run: string; format: MaskFormat; file: string };
  'prunelens.server.setSparsity': { model: ModelName; sparsity: number };
  /** Asks for a sparsity where none is given, scores where there is no score yet, and shows what stays. */
  'prunelens.server.prune': { model: ModelName; method?: string; sparsity?: number };
  'prunelens.server.renameRun': { run: string; label: string };
  /** Deletes the folder of a run that is not going on. */
  'prunelens.server.deleteRun': { run: string };
  'prunelens.server.cancel': { job: string };
  'prunelens.server.restartWorker': Record<never, never>;
}

/** What the extension passes when it starts the server. */
export interface InitializationOptions {
  readonly chooseData?: boolean;
  /** False in an untrusted workspace: nothing of it is run. */
  readonly trusted?: boolean;
}
