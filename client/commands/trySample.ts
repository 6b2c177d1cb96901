/** A sample model for those who have none at hand, copied to where the user works. */
import { commands, Uri, window, workspace } from 'vscode';
import { pick } from '../ask';
import type { Choice } from '../choices';
import type { Lens } from '../lens';
import { settingsForSample } from '../sampleSettings';

interface Sample {
  /** Its path in `samples/`. */
  readonly source: readonly string[];
  /** Its folder and name in the user's folder. */
  readonly file: readonly [folder: string, name: string];
}

/** Each has data that is included. */
const SAMPLES: readonly Choice<Sample>[] = [
  {
    label: 'PyTorch',
    description: 'vit.py',
    detail: 'A small vision transformer, on digits. Needs a Python with PyTorch.',
    value: { source: ['pytorch', 'vit.py'], file: ['pytorch', 'vit.py'] },
  },
  {
    label: 'TypeScript',
    description: 'lenet-300-100.ts',
    detail: 'Two hidden layers, on digits. Needs nothing but PruneLens.',
    value: { source: ['lenet-300-100.ts'], file: ['typescript', 'lenet-300-100.ts'] },
  },
];

/** Made in the user's folder. */
const FOLDER = 'prunelens-sample';

/** The folder that is open, the one of several that the user picks, or another one where none is. */
async function askFolder(): Promise<Uri | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length === 1) return folders[0].uri;
  if (folders.length > 1) return (await window.showWorkspaceFolderPick({ placeHolder: `Put ${FOLDER} where?` }))?.uri;
  const chosen = await window.showOpenDialog({
    title: `Put the folder ${FOLDER} where?`,
    openLabel: 'Put It Here',
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return chosen?.[0];
}

const isThere = (uri: Uri) =>
  workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );

/** Asks for a sample, copies it with its settings, and opens it. What is there already stays as it is. */
export async function trySample({ extensionUri }: Lens): Promise<void> {
  const sample = await pick('Try which sample?', SAMPLES);
  if (sample === undefined) return;
  const parent = await askFolder();
  if (!parent) return;
  const folder = Uri.joinPath(parent, FOLDER);
  const [language, name] = sample.file;
  const file = Uri.joinPath(folder, language, name);
  const samples = Uri.joinPath(extensionUri, 'samples');
  if (!(await isThere(file))) {
    const settings = new TextDecoder().decode(await workspace.fs.readFile(Uri.joinPath(samples, 'prunelens.json')));
    const own = new TextEncoder().encode(settingsForSample(settings, name));
    await workspace.fs.writeFile(Uri.joinPath(folder, language, 'prunelens.json'), own);
    await workspace.fs.copy(Uri.joinPath(samples, ...sample.source), file);
  }
  if ((workspace.workspaceFolders ?? []).length === 0) await commands.executeCommand('vscode.openFolder', folder);
  else await window.showTextDocument(file, { preview: false });
}
