/** A second front end is one folder and one line: all that is done with a model works with one it never heard of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { runModels } from '../../../server/cli/models/command';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { readSafetensors, writeSafetensors } from '../../../server/files/safetensors';
import {
  checkModelFolder,
  FRONT_ENDS,
  findModels,
  loadNetwork,
  parseModelSpecifier,
  writeModel,
} from '../../../server/frontends';
import type { Documents } from '../../../server/lsp/documents';
import { createDiscovery } from '../../../server/lsp/model/discovery';
import { createModelStore } from '../../../server/lsp/model/store';
import { exportMasksTo } from '../../../server/masks/formats';
import { readMasks } from '../../../server/masks/maskFile';
import { floatTensor } from '../../../server/protocol/tensor';
import { selectMasks } from '../../../server/pruning';
import { findChannels } from '../../../server/pruning/structured/channels';
import { shrinkNetwork } from '../../../server/pruning/structured/shrink';
import { findMethod } from '../../../server/request/methods';
import { openModel } from '../../../server/request/model';
import { openBatches, scoreModel } from '../../../server/request/scoring';
import { failureOf, temporaryFolder } from '../../support/models';
import { randomValues, runNetwork } from '../../support/networks';
import { toy } from '../../support/toy';

const frontEnds = [...FRONT_ENDS, toy];
const TEXT = 'input 6\ndense hidden 5 relu\n\ndense out 3\n';
const signal = new AbortController().signal;

const shared = mkdtempSync(join(tmpdir(), 'prunelens-toy-'));
afterAll(() => rmSync(shared, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

const toyFolder = () => temporaryFolder({ 'net.toy': TEXT, 'broken.toy': 'dense hidden many', 'note.txt': '' });

describe('a toy', () => {
  it('is found beside models of other front ends, with the mistakes of others told', async () => {
    const folder = toyFolder();
    const problems: string[] = [];
    const onProblem = ({ location }: { location?: { line: number } }) => problems.push(`line ${location?.line}`);
    const file = join(folder, 'net.toy');
    const range = { start: { line: 1, column: 1 }, end: { line: 5, column: 1 } };
    expect(await findModels(folder, { frontEnds, onProblem })).toEqual([
      { specifier: file, file, kind: 'model', range },
    ]);
    expect(problems).toEqual(['line 1']);
    expect(await findModels(folder)).toEqual([]);
  });

  it('is refused by name where its front end is not there, and with a name after #', async () => {
    const file = join(toyFolder(), 'net.toy');
    const unknown = await failureOf(() => parseModelSpecifier(file));
    expect(unknown.message).toContain('its extension is ".toy"');
    expect((await failureOf(() => parseModelSpecifier(`${file}#x`, frontEnds))).message).toContain('has no exports');
    const note = await failureOf(() => parseModelSpecifier(join(file, '..', 'note.txt'), frontEnds));
    expect(note.hint).toContain('or a toy (.toy)');
  });

  it('is listed by the command, with the lines of its layers', async () => {
    const file = join(toyFolder(), 'net.toy');
    let output = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += text;
      return true;
    });
    await runModels(file, { json: true }, signal, frontEnds);
    const [{ kind, classes, layers }] = JSON.parse(output).models;
    expect([kind, classes]).toEqual(['model', 3]);
    expect(layers.map((layer: { name: string; line: number }) => [layer.name, layer.line])).toEqual([
      ['input', 1],
      ['hidden', 2],
      ['out', 4],
    ]);
  });

  it('is among the models of an editor, in an untrusted workspace too', async () => {
    const folder = toyFolder();
    const uri = 'file:///open.toy';
    const open = TextDocument.create(uri, 'plaintext', 1, TEXT);
    const documents: Pick<Documents, 'all' | 'ofFile' | 'onClosed' | 'uriOf'> = {
      all: () => [open],
      ofFile: () => undefined,
      onClosed: () => undefined,
      uriOf: (file) => `file://${file}`,
    };
    const discovery = createDiscovery({
      documents: documents as Documents,
      store: createModelStore(
        () => 0.9,
        () => undefined,
      ),
      isTrusted: () => false,
      onProblem: (message) => expect.fail(message),
      frontEnds,
    });
    const entries = await discovery.inFolders([folder]);
    expect(entries.map(({ label, kind }) => [label, kind])).toEqual([
      ['open.toy', 'model'],
      ['net.toy', 'model'],
    ]);
  });

  it('is scored, and its masks have the names and layouts of its own files', async () => {
    const file = join(toyFolder(), 'net.toy');
    const weights = join(shared, 'given.safetensors');
    const given = Float32Array.from({ length: 15 }, (_, i) => i + 1);
    await writeSafetensors(weights, new Map([['out.weight', floatTensor([3, 5], given)]]));

    const flags = { weights, pruningBatches: 1, data: 'noise:6:3' };
    const { model, request: asked } = await openModel(file, flags, signal, { trusted: false, frontEnds });
    expect(model.prunable).toEqual(['hidden/kernel', 'out/kernel']);
    // [in, out] inside: the first input's weights to the three outputs.
    expect([...model.weights.get('out/kernel')!.subarray(0, 3)]).toEqual([1, 6, 11]);

    const criterion = findMethod('snip');
    const { scoring, selection } = asked;
    const source = await openBatches(criterion, model, asked);
    const executor = createReferenceExecutor();
    const saliency = await scoreModel({ criterion, model, executor, source, scoring, sparsity: 0.5, signal });
    const masks = selectMasks(saliency, { sparsity: 0.5, ...selection });
    expect([...masks.keys()]).toEqual(['hidden/kernel', 'out/kernel']);

    const exported = join(shared, 'masks.safetensors');
    const request = { file: exported, network: model.network, masks, origin: { seed: 0 }, frontEnds } as const;
    for (const format of ['safetensors', 'safetensors-pytorch'] as const) {
      await exportMasksTo({ ...request, format });
      const { tensors } = await readSafetensors(exported);
      expect(Array.from(tensors, ([name, { shape }]) => [name, shape])).toEqual([
        ['hidden.weight', [5, 6]],
        ['out.weight', [3, 5]],
      ]);
      expect(await readMasks(model.network, exported)).toEqual(new Map(masks));
    }
  });

  it('loses channels, and is written and loaded again', async () => {
    const file = join(toyFolder(), 'net.toy');
    const network = await loadNetwork(file, { trusted: false }, frontEnds);
    const structure = findChannels(network);
    expect(structure.groups.map(({ entries }) => entries.length)).toEqual([5]);
    const weights = new Map(network.parameters.map(({ name, initialize }) => [name, initialize(1)]));
    const { network: smaller } = shrinkNetwork(structure, Uint8Array.of(1, 0, 1, 0, 1), weights);
    const x = randomValues([4, 6]);
    const { logits } = runNetwork(smaller, x, 'evaluate');

    const folder = join(shared, 'smaller');
    await checkModelFolder(folder, file, frontEnds);
    const written = await writeModel(folder, smaller, frontEnds);
    const reread = await loadNetwork(written, { trusted: false }, frontEnds);
    expect(reread.parameters.map(({ shape }) => shape)).toEqual([[6, 3], [3], [3, 3], [3]]);
    expect(runNetwork(reread, x, 'evaluate').logits).toEqual(logits);
    // What was cut away has the logits of what a mask leaves.
    const dead = weights.get('out/kernel')!.map((value, i) => ([0, 2, 4].includes(Math.floor(i / 3)) ? value : 0));
    const masked = Object.fromEntries(
      network.parameters.map(({ name, shape }) => [
        name,
        { shape, data: name === 'out/kernel' ? dead : weights.get(name)! },
      ]),
    );
    const expected = runNetwork(network, x, 'evaluate', masked).logits.data;
    expected.forEach((value, i) => {
      expect(logits.data[i]).toBeCloseTo(value, 6);
    });
  });
});
