/** An icon beside the line of each model, whose context menu has what can be done with it. */
import { commands, type Disposable, Range, type TextEditor, Uri, window, workspace } from 'vscode';
import { type ModelEntry, serverRequests } from '../../server/protocol/editor';
import type { Server } from '../serverTypes';

/** Milliseconds after the last change until models are looked for again. */
const PAUSE = 500;

const isWanted = ({ document }: TextEditor) =>
  workspace.getConfiguration('prunelens', document.uri).get<boolean>('gutterIcons.enabled', true);

/** Lines with a model in an editor, from 0. */
function linesIn(editor: TextEditor, models: readonly ModelEntry[]): readonly number[] {
  const uri = editor.document.uri.toString();
  const own = models.filter((model) => Uri.parse(model.uri).toString() === uri);
  return [...new Set(own.map(({ range }) => range.start.line))];
}

/** The model at the line that a menu of line numbers was opened on, which passes that and the file. */
export async function modelAtLine(server: Server, given: unknown): Promise<string | undefined> {
  if (typeof given !== 'object' || given === null) return undefined;
  const { uri, lineNumber } = given as { readonly uri?: unknown; readonly lineNumber?: unknown };
  if (!(uri instanceof Uri) || typeof lineNumber !== 'number') return undefined;
  const models = await server.request(serverRequests.models, {});
  const isThere = (model: ModelEntry) =>
    Uri.parse(model.uri).toString() === uri.toString() && model.range.start.line === lineNumber - 1;
  return models.find(isThere)?.model;
}

export function showModelsInGutter(server: Server, extensionUri: Uri): Disposable[] {
  const icon = (theme: string) => Uri.joinPath(extensionUri, 'client', 'media', `model-${theme}.svg`);
  const decoration = window.createTextEditorDecorationType({
    gutterIconSize: 'contain',
    light: { gutterIconPath: icon('light') },
    dark: { gutterIconPath: icon('dark') },
  });
  const show = async () => {
    const models = await server.request(serverRequests.models, {});
    const files = models.map(({ uri }) => Uri.parse(uri).fsPath);
    // For menus, and the button in the title of an editor that shows a model.
    void commands.executeCommand('setContext', 'prunelens.modelFiles', files);
    for (const editor of window.visibleTextEditors) {
      const lines = linesIn(editor, models);
      editor.setDecorations(decoration, isWanted(editor) ? lines.map((line) => new Range(line, 0, line, 0)) : []);
      // Numbers of lines count from 1 in conditions of menus.
      if (editor === window.activeTextEditor) {
        void commands.executeCommand(
          'setContext',
          'prunelens.modelLines',
          lines.map((line) => line + 1),
        );
      }
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const refresh = () => {
    clearTimeout(timer);
    // A server that is not there shows no models; that is told elsewhere.
    timer = setTimeout(() => void show().catch(() => {}), PAUSE);
  };
  const onEdit = workspace.onDidChangeTextDocument(({ document }) => {
    if (window.visibleTextEditors.some((editor) => editor.document === document)) refresh();
  });
  const onSetting = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('prunelens.gutterIcons')) refresh();
  });
  refresh();
  return [
    decoration,
    onEdit,
    onSetting,
    window.onDidChangeVisibleTextEditors(refresh),
    window.onDidChangeActiveTextEditor(refresh),
    server.onModelChanged(refresh),
    server.onStarted(refresh),
    workspace.onDidGrantWorkspaceTrust(refresh),
    { dispose: () => clearTimeout(timer) },
  ];
}
