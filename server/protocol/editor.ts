/**
 * What the language server offers beyond LSP: requests and notifications under `prunelens/`, and the commands of
 * `workspace/executeCommand`. The extension uses them; any LSP client can.
 */
import type { FormKind } from './catalogue/derive';
import type { AskedOptions } from './catalogue/values';
import type { FormCheck, FormState, FormValues, TrainingCosts } from './form';
import { command, type NotificationsByMethod, notification, type RequestsByMethod, request } from './messages';
import type {
  BackendSummary,
  ComparisonSummary,
  Histogram,
  LearnSummary,
  ModelName,
  ModelSummary,
  OtherMasks,
  Overlap,
  PythonSummary,
  RunMetrics,
  RunNotes,
  RunSummary,
  RunsFolder,
  ScoreSummary,
  SearchSummary,
  Selection,
  ShrinkSummary,
  SourceFile,
  SurvivalEntry,
  TensorflowSummary,
  Tile,
  TileRequest,
  WeightDetail,
} from './results';
import type { RunRow } from './runTable/row';
import type { SurvivalReport } from './survival';
import type { DataCheck, ExportedMasks, MaskFormat, WorkerProgress } from './worker';

/** Range in a document, lines and characters from 0. */
export interface EditorRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/**
 * A model that exists once its file is run, a class or function that builds one without arguments, one that must be told its
 * arguments, a file that is read as data, or what may be a model and only running it tells.
 */
export type ModelKind = 'model' | 'builder' | 'needs-arguments' | 'keras-json' | 'possible';

/** A model definition found without running code. */
export interface ModelEntry {
  readonly model: ModelName;
  readonly uri: string;
  readonly label: string;
  readonly kind: ModelKind;
  /** A model of a Python file whose images have their channels last. */
  readonly channelsLast?: true;
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
  /** No training, comparison or learning is started that waits. */
  readonly paused?: true;
  /** What is wrong, in one sentence. */
  readonly problem?: string;
}

/** A message, or an argument, that says nothing more. */
type Nothing = Record<never, never>;

/** A form as it is filled in. */
export interface FormRequest {
  readonly model: ModelName;
  readonly kind: FormKind;
  readonly values: FormValues;
}

/** Requests of the client. */
export const serverRequests = {
  /** The models of the workspace folders and of open documents, found without running code. */
  models: request('prunelens/models').of<Nothing, readonly ModelEntry[]>(),
  /** A model with its scores; it is built first where nobody has asked for it yet. */
  heatmap: request('prunelens/heatmap').of<{ readonly model: ModelName }, HeatmapState>(),
  /** Shows a method's score and sets the model's sparsity: hints follow. `paths` as in SelectParams. */
  select: request('prunelens/select').of<
    { readonly model: ModelName; readonly method?: string; readonly sparsity: number; readonly paths: boolean },
    Selection
  >(),
  /** A part of a weight's matrix, at a resolution. */
  tile: request('prunelens/tile').of<TileRequest, Tile>(),
  /** One scalar weight, by its index in the tensor. */
  weight: request('prunelens/weight').of<
    { readonly scoreId: string; readonly weight: string; readonly index: number; readonly sparsity: number },
    WeightDetail
  >(),
  /** Distribution of scores, of one tensor or of all. */
  histogram: request('prunelens/histogram').of<
    { readonly scoreId: string; readonly weight?: string; readonly bins: number; readonly sparsity: number },
    Histogram
  >(),
  /** How far a score keeps the same weights as another one, as itself at another sparsity, or as a run. */
  overlap: request('prunelens/overlap').of<
    { readonly scoreId: string; readonly sparsity: number } & OtherMasks,
    Overlap
  >(),
  /** The score by the shown method and another seed, to be compared with the shown one; it is made first where it is not there. */
  seedScore: request('prunelens/seedScore').of<{ readonly model: ModelName; readonly seed: number }, ScoreSummary>(),
  /** Why a file is no model, or which models are in it, in sentences; `callable` are exports that can be treated as one. */
  explain: request('prunelens/explain').of<
    { readonly file: string },
    { readonly text: string; readonly callable: readonly ModelName[] }
  >(),
  /** Which of some data sets, each as `--data`, fit a model. */
  checkData: request('prunelens/checkData').of<
    { readonly model: ModelName; readonly data: readonly string[] },
    readonly DataCheck[]
  >(),
  /** What a form for work on a model asks for, and what is known of it. The model is built first. */
  form: request('prunelens/form').of<{ readonly model: ModelName; readonly kind: FormKind }, FormState>(),
  /** What is wrong with a form, and what holds where it says nothing. */
  checkForm: request('prunelens/checkForm').of<FormRequest, FormCheck>(),
  /** What trainings as a form asks for them take: a step is measured. Fails where no data is known. */
  trainingCosts: request('prunelens/trainingCosts').of<FormRequest, TrainingCosts>(),
  /** Training runs on disk, the latest first. */
  runs: request('prunelens/runs').of<Nothing, readonly RunSummary[]>(),
  /** The same runs with all that the table of runs shows. */
  runTable: request('prunelens/runTable').of<Nothing, readonly RunRow[]>(),
  /** The folders that these runs are in, with what is wrong with them. */
  runsFolders: request('prunelens/runsFolders').of<Nothing, readonly RunsFolder[]>(),
  /** The files that a run's model was made from as they were when it began, the model's own first; empty where it has kept none. */
  runSource: request('prunelens/runSource').of<{ readonly run: string }, readonly SourceFile[]>(),
  /** Losses and accuracies of a run, by its folder. */
  runMetrics: request('prunelens/runMetrics').of<{ readonly run: string }, RunMetrics>(),
  /** Comparisons on disk. */
  comparisons: request('prunelens/comparisons').of<Nothing, readonly ComparisonSummary[]>(),
  /** Pictures of what was learned from, of all workspace folders. */
  survivalReports: request('prunelens/survivalReports').of<Nothing, readonly SurvivalEntry[]>(),
  /** One of these, by its file. */
  survival: request('prunelens/survival').of<{ readonly report: string }, SurvivalReport>(),
  /** What can compute here; starts the compute process. */
  backends: request('prunelens/backends').of<Nothing, readonly BackendSummary[]>(),
  /** The user's Python and what it has; starts it, where the workspace is trusted, and the compute process. */
  python: request('prunelens/python').of<Nothing, PythonSummary>(),
  /** State of the compute processes and their jobs. */
  status: request('prunelens/status').of<Nothing, ServerStatus>(),
};

/** Notifications of the server. */
export const serverNotifications = {
  statusChanged: notification('prunelens/statusChanged').of<ServerStatus>(),
  /** Scores, selection or staleness of a model changed. */
  modelChanged: notification('prunelens/modelChanged').of<{ readonly model: ModelName }>(),
  /** The list of runs changed, or one grew. */
  runsChanged: notification('prunelens/runsChanged').of<{ readonly runs: readonly RunSummary[] }>(),
  /** A sweep of a file has begun, or goes on, in a folder. */
  sweepBegun: notification('prunelens/sweepBegun').of<{ readonly file: string; readonly folder: string }>(),
  /** What a training that goes on has to tell. */
  training: notification('prunelens/training').of<NonNullable<WorkerProgress['training']>>(),
};

/** Notifications of the client. */
export const clientNotifications = {
  /** The user trusts the workspace by now: its code may run. */
  trustGranted: notification('prunelens/trustGranted').of<Nothing>(),
  /** Whether code shares the window with something beside it, so that the ends of its lines are out of sight. */
  codeNarrowed: notification('prunelens/codeNarrowed').of<{ readonly isNarrow: boolean }>(),
  /** Which Python the Python extension has chosen for workspace folders; those that are not named have none. */
  pythonChosen: notification('prunelens/pythonChosen').of<{
    readonly choices: readonly { readonly folderUri: string; readonly path: string }[];
  }>(),
};

/** Requests of the server. */
export const clientRequests = {
  /**
   * Which data a model is for: as `--data`, and whether to write it into prunelens.json; null when dismissed. Asked of a client
   * that says `initializationOptions.chooseData` is true; others get window/showMessageRequest.
   */
  chooseData: request('prunelens/chooseData').of<
    {
      readonly model: ModelName;
      readonly inputShape: readonly number[];
      /** prunelens.json says other data now: the answer is written there in any case. */
      readonly writes?: true;
    },
    { readonly data: string; readonly write: boolean } | null
  >(),
};

/** Commands of `workspace/executeCommand`, each with one argument object. They settle when their work is done. */
export const serverCommands = {
  /** Asks which data a model is for, whatever it has, and keeps the answer. */
  chooseData: command('prunelens.server.chooseData', 'model').of<
    { readonly model: ModelName },
    { readonly data: string }
  >(),
  /** Scores at initialization, and shows what the sparsity leaves. */
  score: command('prunelens.server.score', 'model').of<
    { readonly model: ModelName; readonly method?: string; readonly sparsity?: number },
    { readonly score: ScoreSummary; readonly selection: Selection }
  >(),
  /** Asks for a sparsity where none is given, scores where there is no score yet, and shows what stays. */
  prune: command('prunelens.server.prune', 'model').of<
    { readonly model: ModelName; readonly method?: string; readonly sparsity?: number },
    Selection
  >(),
  /** Shows what another sparsity leaves. */
  setSparsity: command('prunelens.server.setSparsity', 'model').of<
    { readonly model: ModelName; readonly sparsity: number },
    Selection
  >(),
  /** Trains what a score keeps, or all weights where `dense`; with `resume`, goes on with the run in the folder `run`. */
  train: command('prunelens.server.train', 'model').of<
    {
      readonly model: ModelName;
      readonly dense?: boolean;
      readonly method?: string;
      readonly sparsity?: number;
      readonly epochs?: number;
      /** Options of the command, by the names of their flags: `batchSize`. */
      readonly options?: AskedOptions;
      readonly run?: string;
      readonly resume?: boolean;
    },
    RunSummary
  >(),
  /** Trains with the masks of each method at each sparsity. */
  compare: command('prunelens.server.compare', 'model').of<
    {
      readonly model: ModelName;
      readonly methods?: readonly string[];
      readonly sparsities?: readonly number[];
      readonly seeds?: number;
      readonly epochs?: number;
      readonly options?: AskedOptions;
    },
    ComparisonSummary
  >(),
  /** Looks for the highest sparsity that keeps a metric, in a new folder in that of the runs, or goes on in `folder`. */
  search: command('prunelens.server.search', 'model').of<
    {
      readonly model: ModelName;
      readonly method?: string;
      readonly options?: AskedOptions;
      readonly folder?: string;
    },
    SearchSummary
  >(),
  /** Makes a model smaller, in `folder`: a path from the workspace folder. The user is asked before files are replaced there. */
  shrink: command('prunelens.server.shrink', 'model').of<
    {
      readonly model: ModelName;
      readonly method?: string;
      readonly sparsity?: number;
      readonly options?: AskedOptions;
      readonly folder?: string;
    },
    ShrinkSummary
  >(),
  /** Writes options that are settings into prunelens.json, for the model; tells which were written. */
  writeSettings: command('prunelens.server.writeSettings', 'model').of<
    { readonly model: ModelName; readonly options: AskedOptions },
    { readonly file: string; readonly written: readonly string[] }
  >(),
  /** Writes the file of a sweep over a model, as a form asks for it: `values.file` is a path from the workspace folder. The user is asked before it is replaced. */
  writeSweep: command('prunelens.server.writeSweep', 'model').of<
    { readonly model: ModelName; readonly values: FormValues },
    { readonly file: string }
  >(),
  /** Does the runs of a sweep's file (absolute), in a new folder in that of the runs, or those that are left in `folder`. */
  sweep: command('prunelens.server.sweep', 'file').of<
    { readonly file: string; readonly folder?: string },
    ComparisonSummary
  >(),
  /** Learns a predictor for AutoS into the workspace, and offers to write it into prunelens.json. */
  learn: command('prunelens.server.learn', 'model').of<
    {
      readonly model: ModelName;
      /** Of the predictor; that of the model where it is absent. */
      readonly name?: string;
      readonly iterations?: number;
      readonly epochs?: number;
      readonly limit?: number;
      readonly predictorEpochs?: number;
      readonly options?: AskedOptions;
    },
    LearnSummary
  >(),
  /**
   * Writes the masks of a score at a sparsity. The user is asked before a file is replaced that the server has not written just
   * now; with `replace`, that is not asked for `file` itself.
   */
  exportMasks: command('prunelens.server.exportMasks', 'model').of<
    {
      readonly model: ModelName;
      readonly method?: string;
      readonly sparsity?: number;
      readonly format: MaskFormat;
      readonly file: string;
      readonly replace?: boolean;
    },
    ExportedMasks
  >(),
  /** Writes the masks that a run trains with, likewise. */
  exportRunMasks: command('prunelens.server.exportRunMasks', 'run').of<
    { readonly run: string; readonly format: MaskFormat; readonly file: string; readonly replace?: boolean },
    ExportedMasks
  >(),
  /** Gives a run another name to be shown by. */
  renameRun: command('prunelens.server.renameRun', 'run').of<{ readonly run: string; readonly label: string }, null>(),
  /** Changes what is noted of a run: what is left out stays, and what is empty or false goes. */
  noteRun: command('prunelens.server.noteRun', 'run').of<{ readonly run: string } & RunNotes, null>(),
  /** Deletes the folder of a run that is not going on. */
  deleteRun: command('prunelens.server.deleteRun', 'run').of<{ readonly run: string }, null>(),
  /** Cancels a job, running or queued. */
  cancel: command('prunelens.server.cancel', 'job').of<{ readonly job: string }, null>(),
  /**
   * Writes into prunelens.json how a definition that needs arguments is made, as a Python expression in the names of its file, and
   * what it takes, each input as `--input` has it. Without an expression it is made as it was before.
   */
  setUp: command('prunelens.server.setUp', 'model').of<
    { readonly model: ModelName; readonly construct?: string; readonly inputs?: readonly string[] },
    { readonly file: string }
  >(),
  /** Lets a training, comparison or learning that waits be the next one. */
  moveFirst: command('prunelens.server.moveFirst', 'job').of<{ readonly job: string }, null>(),
  /** While paused, no training, comparison or learning is started; those that run go on. */
  pauseQueue: command('prunelens.server.pauseQueue').of<{ readonly paused: boolean }, null>(),
  /** Measures the speeds of all backends. */
  measureBackends: command('prunelens.server.measureBackends').of<Nothing, readonly BackendSummary[]>(),
  /** Builds the binding to the TensorFlow of the user's Python; only in a trusted workspace. */
  setupTensorflow: command('prunelens.server.setupTensorflow').of<Nothing, TensorflowSummary>(),
  /** Starts the compute processes anew; scores in their memory are gone. */
  restartWorker: command('prunelens.server.restartWorker').of<Nothing, null>(),
};

/** Commands of the extension that its lenses run, each with a `{ model }`: they ask and show. Other clients run the server's. */
export const lensCommands = {
  summary: 'prunelens.showHeatmap',
  setUp: 'prunelens.setUp',
  score: 'prunelens.score',
  prune: 'prunelens.prune',
  train: 'prunelens.train',
  form: 'prunelens.trainForm',
  compare: 'prunelens.compare',
} as const;

/** The command of the extension that the lens of a sweep's file runs, with a `{ file }`. */
export const SWEEP_COMMAND = 'prunelens.runSweep';

export type LensCommand = (typeof lensCommands)[keyof typeof lensCommands];

/** Parameters and results by name on the wire, for pages, whose messages name what they ask for. */
export type ServerRequests = RequestsByMethod<typeof serverRequests>;
export type ServerNotifications = NotificationsByMethod<typeof serverNotifications>;

/** What the extension passes when it starts the server. */
export interface InitializationOptions {
  readonly chooseData?: boolean;
  /** False in an untrusted workspace: nothing of it is run. */
  readonly trusted?: boolean;
}
