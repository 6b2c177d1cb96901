/** What the parts of the extension share. */
import type { LogOutputChannel, Memento, Uri } from 'vscode';
import type { FormKind } from '../server/protocol/catalogue/derive';
import type { Server } from './serverTypes';
import type { RunNode } from './views/runGroups';
import type { ReportPanels } from './webviews/reportPanel';

export interface Lens {
  readonly extensionUri: Uri;
  readonly log: LogOutputChannel;
  readonly server: Server;
  /** What is kept of the workspace from one start to the next. */
  readonly memory: Memento;
  /** Opens the heatmap on a model, or turns the open one to it. */
  showHeatmap(model: string): void;
  /** Opens the architecture graph of a model, or turns the open one to it. */
  showArchitecture(model: string): void;
  /** Opens the form before work on a model, or turns the open one to it. */
  showForm(model: string, kind: FormKind): void;
  /** Opens the curves on some runs, on a comparison, or on what there is. */
  showCurves(selection?: {
    readonly runs?: readonly string[];
    /** Besides what the open page shows. */
    readonly adds?: true;
    readonly comparison?: string;
  }): void;
  /** Opens the table of runs, on those of a comparison where its folder is given. */
  showRuns(comparison?: string): void;
  /** Opens the pictures of a survival report. */
  showSurvival(report: string): void;
  /** Reports of comparisons and sweeps. */
  readonly reports: ReportPanels;
  /** Has the view of backends look again. */
  refreshBackends(): void;
  /** The job that trains a run, if one does. */
  jobOf(run: string): string | undefined;
  /** What is selected in the view of runs, for keys: they pass nothing. */
  selectedRuns(): readonly RunNode[];
}
