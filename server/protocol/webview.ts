/**
 * Messages between a page (heatmap, curves, runs, architecture, form, survival) and the extension that hosts it, over `postMessage`. A page asks; each
 * question has an `id` and gets exactly one reply, a result or an error. Events come unasked.
 */
import type { FormKind } from './catalogue/derive';
import type { AskedOptions } from './catalogue/values';
import type { ServerNotifications, ServerRequests } from './editor';
import type { FormValues } from './form';
import type { RunNotes } from './results';
import type { ErrorData, MaskFormat } from './worker';

/** Requests of the language server that a page may make; the host refuses all others. */
export const PAGE_REQUESTS = [
  'prunelens/models',
  'prunelens/heatmap',
  'prunelens/select',
  'prunelens/tile',
  'prunelens/weight',
  'prunelens/histogram',
  'prunelens/overlap',
  'prunelens/seedScore',
  'prunelens/runs',
  'prunelens/runTable',
  'prunelens/runsFolders',
  'prunelens/runMetrics',
  'prunelens/comparisons',
  'prunelens/survival',
  'prunelens/form',
  'prunelens/checkForm',
  'prunelens/trainingCosts',
  'prunelens/python',
  'prunelens/status',
] as const satisfies readonly (keyof ServerRequests)[];

export type PageRequest = (typeof PAGE_REQUESTS)[number];

/** Parameters and results of what a page asks of the extension itself. */
export interface PageActions {
  /** Says that the page listens: the host answers with `PageContext` and then sends events. */
  ready: { params: Record<never, never>; result: PageContext };
  /** Opens a source file at a place (line and column from 1). */
  reveal: { params: { readonly file: string; readonly line: number; readonly column: number }; result: null };
  /** Scores the model with a method (asked for when the method is absent); settles when the score is there. */
  score: { params: { readonly model: string; readonly method?: string }; result: null };
  /** Asks where to, then writes the masks at the model's sparsity. */
  exportMasks: {
    params: {
      readonly model: string;
      readonly method?: string;
      readonly sparsity?: number;
      readonly format?: MaskFormat;
    };
    result: { readonly file: string } | null;
  };
  /** What was chosen last for such work, as it was typed, by the names of flags. */
  keptForm: { params: { readonly form: FormKind }; result: { readonly [flag: string]: string } };
  keepForm: { params: { readonly form: FormKind; readonly typed: { readonly [flag: string]: string } }; result: null };
  /** Begins the work; its progress and its end are told elsewhere. */
  startForm: {
    params: { readonly model: string; readonly form: FormKind; readonly values: FormValues };
    result: null;
  };
  /** Writes the file of a sweep that a form asks for, and opens it. */
  writeSweep: { params: { readonly model: string; readonly values: FormValues }; result: { readonly file: string } };
  /** Writes options into prunelens.json; `written` are the settings that were. */
  writeSettings: {
    params: { readonly model: string; readonly options: AskedOptions };
    result: { readonly file: string; readonly written: readonly string[] };
  };
  /** Asks which data the model is for. */
  chooseData: { params: { readonly model: string }; result: { readonly data: string } };
  stopRun: { params: { readonly run: string }; result: null };
  resumeRun: { params: { readonly run: string }; result: null };
  /** Goes on with a sweep that was stopped, by its folder. */
  resumeSweep: { params: { readonly comparison: string }; result: null };
  /** Opens the curves of runs. */
  showCurves: { params: { readonly runs: readonly string[] }; result: null };
  /** Asks for another name of a run. */
  renameRun: { params: { readonly run: string }; result: null };
  /** Opens the model of a run as it was when the run began, beside what it is now. */
  showModelOfRun: { params: { readonly run: string }; result: null };
  /** Deletes folders of runs, once the user has confirmed it. */
  deleteRuns: { params: { readonly runs: readonly string[] }; result: null };
  /** Changes what is noted of runs; settles when it is on the disk. */
  noteRuns: { params: { readonly changes: readonly ({ readonly run: string } & RunNotes)[] }; result: null };
  /** Asks where to, then writes; null where the dialog was dismissed. `name` is a file name such as `heatmap.png`. */
  saveFile: { params: { readonly name: string } & SavedContents; result: { readonly file: string } | null };
  copy: { params: { readonly text: string }; result: null };
}

export type SavedContents = { readonly text: string } | { readonly dataBase64: string };

export type PageAction = keyof PageActions;

/** A way of scoring that a page can offer, also where it has not run yet. */
export interface MethodChoice {
  /** As in `--method`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** What a page starts from. What it last kept with `setState` is the page's own; its `model` or `runs` come back here. */
export interface PageContext {
  /** Of the heatmap, the architecture and the form: the model to show. */
  readonly model?: string;
  /** Of the form: the work that it is for. */
  readonly form?: FormKind;
  /** Of the curves: folders of the runs to show; all of them where absent. */
  readonly runs?: readonly string[];
  /** Of the curves and the table of runs: the comparison to show. */
  readonly comparison?: string;
  /** Of the survival page: the report to show. */
  readonly report?: string;
  readonly methods: readonly MethodChoice[];
  readonly theme: Theme;
}

export type Theme = 'light' | 'dark' | 'high-contrast' | 'high-contrast-light';

type RequestMessages = {
  [Request in PageRequest]: {
    readonly kind: 'request';
    readonly id: number;
    readonly request: Request;
    readonly params: ServerRequests[Request]['params'];
  };
}[PageRequest];

type ActionMessages = {
  [Action in PageAction]: {
    readonly kind: 'action';
    readonly id: number;
    readonly action: Action;
    readonly params: PageActions[Action]['params'];
  };
}[PageAction];

/** Page to host. */
export type PageMessage = RequestMessages | ActionMessages;

export type PageEvent =
  | { readonly event: 'modelChanged'; readonly model: string }
  | ({ readonly event: 'runsChanged' } & ServerNotifications['prunelens/runsChanged'])
  | { readonly event: 'training'; readonly training: ServerNotifications['prunelens/training'] }
  | { readonly event: 'status'; readonly status: ServerNotifications['prunelens/statusChanged'] }
  /** The form is to be for other work, or another model. */
  | { readonly event: 'selectForm'; readonly model: string; readonly form: FormKind }
  /** A prunelens.json was written, or is gone. */
  | { readonly event: 'settingsChanged' }
  /** The heatmap or the architecture is to show another model. */
  | { readonly event: 'selectModel'; readonly model: string }
  /** The curves are to show these runs, besides what they show where `adds`, or a comparison; the table of runs those of a comparison. */
  | {
      readonly event: 'selectRuns';
      readonly runs?: readonly string[];
      readonly adds?: true;
      readonly comparison?: string;
    }
  /** The survival page is to show another report. */
  | { readonly event: 'selectReport'; readonly report: string }
  /** The cursor of the editor is at a line (from 1) of a file. */
  | { readonly event: 'cursor'; readonly file: string; readonly line: number }
  | { readonly event: 'theme'; readonly theme: Theme };

/** Host to page. */
export type HostMessage =
  | { readonly kind: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly error: ErrorData }
  | ({ readonly kind: 'event' } & PageEvent);

/** What a page keeps with `setState`, so that the host can bring it back after a reload; more fields are the page's own. */
export interface PageState {
  readonly model?: string;
  readonly form?: FormKind;
  readonly runs?: readonly string[];
  readonly comparison?: string;
  readonly report?: string;
}
