/** The window of a test file: opened before its tests, closed after them, dumped when one fails. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { CodeLenses, InlayHints } from './pages/editorText';
import { Notifications, Problems, QuickPick, StatusBar, Views } from './pages/panels';
import { ArchitectureView, CurvesView, FormView, HeatmapView, RunTableView, SurvivalView } from './pages/webviews';
import { Workbench } from './pages/workbench';
import { openSession, type Session, type SessionOptions } from './session';

export interface Editor extends Session {
  readonly workbench: Workbench;
  readonly lenses: CodeLenses;
  readonly hints: InlayHints;
  readonly problems: Problems;
  readonly statusBar: StatusBar;
  readonly quickPick: QuickPick;
  readonly notifications: Notifications;
  readonly views: Views;
  readonly heatmap: HeatmapView;
  readonly curves: CurvesView;
  readonly runTable: RunTableView;
  readonly architecture: ArchitectureView;
  readonly form: FormView;
  readonly survival: SurvivalView;
}

/** Chromium and two processes of Node start at once, maybe on a busy machine. */
const START = 180_000;

export async function openEditor(options: SessionOptions = {}): Promise<Editor> {
  const session = await openSession(options);
  const { page } = session;
  const workbench = new Workbench(page);
  return {
    ...session,
    workbench,
    lenses: new CodeLenses(page),
    hints: new InlayHints(workbench),
    problems: new Problems(page),
    statusBar: new StatusBar(page),
    quickPick: new QuickPick(page),
    notifications: new Notifications(page),
    views: new Views(page),
    heatmap: new HeatmapView(page),
    curves: new CurvesView(page),
    runTable: new RunTableView(page),
    architecture: new ArchitectureView(page),
    form: new FormView(page),
    survival: new SurvivalView(page),
  };
}

/** Does the work in a window of its own, which is closed after it, and dumped where it fails. */
export async function withEditor(options: SessionOptions, work: (editor: Editor) => Promise<void>): Promise<void> {
  const editor = await openEditor(options);
  try {
    await work(editor);
  } catch (error) {
    const name = expect.getState().currentTestName ?? 'a test';
    console.error(`Screenshot and logs: ${await editor.dump(name)}`);
    throw error;
  } finally {
    await editor.close();
  }
}

/** Call at the top of a test file or of a `describe`; the editor is there when the tests run. */
export function useEditor(options: SessionOptions = {}): () => Editor {
  let editor: Editor | undefined;
  beforeAll(async () => {
    editor = await openEditor(options);
  }, START);
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || !editor) return;
    console.error(`Screenshot and logs: ${await editor.dump(task.name)}`);
  });
  afterAll(async () => {
    await editor?.close();
  }, START);
  return () => {
    if (!editor) throw new Error('The editor is open only while tests run.');
    return editor;
  };
}
