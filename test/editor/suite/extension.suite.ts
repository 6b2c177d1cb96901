/** The extension as its host sees it: activation, commands, and the answers of the language features. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';

const IDENTIFIER = 'prunelens.prunelens';
const SAMPLE = 'lenet-300-100.ts';

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function eventually<T>(what: string, probe: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s for ${what}.`);
    await sleep(200);
  }
}

function sampleUri(name: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, name);
}

async function lensTitles(uri: vscode.Uri): Promise<string[] | undefined> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 20);
  const titles = lenses.flatMap(({ command }) => (command ? [command.title] : []));
  return titles.length > 0 ? titles : undefined;
}

const labelOf = ({ label }: vscode.InlayHint): string =>
  typeof label === 'string' ? label : label.map(({ value }) => value).join('');

async function hintsOf(document: vscode.TextDocument): Promise<vscode.InlayHint[]> {
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  return vscode.commands.executeCommand('vscode.executeInlayHintProvider', document.uri, all);
}

/** 1-based lines of the hints, and their labels. */
async function hintsByLine(document: vscode.TextDocument): Promise<Map<number, string>> {
  return new Map((await hintsOf(document)).map((hint) => [hint.position.line + 1, labelOf(hint)]));
}

async function replaceText(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const start = document.getText().indexOf(from);
  assert.notEqual(start, -1, `"${from}" is in the sample`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(start), document.positionAt(start + from.length)),
    to,
  );
  assert.ok(await vscode.workspace.applyEdit(edit));
}

describe('the extension', () => {
  let document: vscode.TextDocument;

  before(async () => {
    document = await vscode.workspace.openTextDocument(sampleUri(SAMPLE));
    await vscode.window.showTextDocument(document);
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('becomes active when a model may be shown', async () => {
    const extension = vscode.extensions.getExtension(IDENTIFIER);
    assert.ok(extension, 'installed');
    await eventually('activation', async () => extension.isActive || undefined);
  });

  it('has every command of its manifest', async () => {
    const manifest = vscode.extensions.getExtension(IDENTIFIER)!.packageJSON;
    const names = manifest.contributes.commands.map(({ command }: { command: string }) => command);
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      names.filter((name: string) => !known.has(name)),
      [],
    );
  });

  it('gives lenses for the samples', async () => {
    for (const sample of [SAMPLE, 'conv-net.ts', 'resnet-20.ts', 'keras-convnet.json']) {
      await vscode.workspace.openTextDocument(sampleUri(sample));
      const titles = await eventually(`lenses of ${sample}`, () => lensTitles(sampleUri(sample)));
      assert.ok(titles.includes('Score at init'), `${sample}: ${titles}`);
    }
  });

  it('gives hints after a score, and follows an edit', async () => {
    const model = `${document.uri.fsPath}#default`;
    await vscode.commands.executeCommand('prunelens.score', { model });
    const hints = await eventually('hints', async () => {
      const found = await hintsByLine(document);
      return found.size >= 2 ? found : undefined;
    });
    assert.deepEqual([...hints.keys()], [11, 14]);
    assert.match(hints.get(14)!, /of 1,000/);
    await replaceText(document, '[300, 100]', '[300, 50]');
    await eventually(
      'the hint of the smaller layer',
      async () => /of 500/.test((await hintsByLine(document)).get(14) ?? '') || undefined,
    );
  });

  it('describes a layer on hover', async () => {
    const position = new vscode.Position(13, 20);
    const text = await eventually('a hover', async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        position,
      );
      const texts = hovers.flatMap(({ contents }) =>
        contents.map((one) => (typeof one === 'string' ? one : one.value)),
      );
      return texts.find((one) => one.includes('logits'));
    });
    assert.match(text, /parameters/i);
  });

  it('marks the line of a mistake, and takes the mark away', async () => {
    const errors = async () =>
      vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'PruneLens');
    await replaceText(document, 'units: CLASSES', "units: CLASSES, activation: 'nonsense'");
    const [error] = await eventually('a diagnostic', async () => {
      const found = await errors();
      return found.length > 0 ? found : undefined;
    });
    assert.equal(error.range.start.line + 1, 14);
    assert.equal(error.severity, vscode.DiagnosticSeverity.Error);
    await replaceText(document, ", activation: 'nonsense'", '');
    await eventually('no diagnostic', async () => ((await errors()).length === 0 ? true : undefined));
  });

  it('finds models as workspace symbols', async () => {
    const symbols = await vscode.commands.executeCommand<vscode.SymbolInformation[]>(
      'vscode.executeWorkspaceSymbolProvider',
      'lenet',
    );
    assert.ok(
      symbols.some(({ name }) => /lenet/i.test(name)),
      symbols.map(({ name }) => name).join(', '),
    );
  });
});
