/** What features and commands share. */
import type { Connection } from 'vscode-languageserver/node';
import type { Versions } from '../files/versions';
import type { LensSettings } from '../protocol/editorSettings';
import type { NotificationType, ParamsOf } from '../protocol/messages';
import type { ModelName } from '../protocol/results';
import type { EditorPython } from '../protocol/worker';
import type { ClientFacts } from './client';
import type { Documents } from './documents';
import type { Folders } from './folders';
import type { DataChooser } from './model/dataChoice';
import type { Discovery } from './model/discovery';
import type { Latest } from './model/latest';
import type { Progress } from './model/progress';
import type { RunWatcher } from './model/runWatcher';
import type { ModelStore } from './model/store';
import type { Written } from './model/written';

export interface Context {
  readonly connection: Connection;
  client(): ClientFacts;
  isTrusted(): boolean;
  /** Whether code shares the window with something beside it. */
  isNarrow(): boolean;
  readonly documents: Documents;
  readonly discovery: Discovery;
  readonly store: ModelStore;
  readonly folders: Folders;
  readonly data: DataChooser;
  /** What a model is called: its file, and as much of the path and the export as tells it from others. */
  nameOf(model: ModelName): string;
  readonly progress: Progress;
  readonly runs: RunWatcher;
  readonly written: Written;
  readonly versions: Versions;
  /** Scorings that a sparsity asks for: of each model the newest one counts. */
  readonly latest: Latest;
  /** Settings that hold for a file. */
  settings(file: string): Promise<LensSettings>;
  /** What the editor names as the user's Python for a file or folder: the Python extension's choice, else the setting. */
  python(file: string): Promise<EditorPython | undefined>;
  notify<Message extends NotificationType>(type: Message, params: ParamsOf<Message>): void;
  log(message: string): void;
}
