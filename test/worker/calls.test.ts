/** The calls of the compute process, in a real process, on the samples. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNpz } from '../../server/files/npz';
import { readSafetensors } from '../../server/files/safetensors';
import { UserError } from '../../server/protocol/errors';
import type { ScoreSummary } from '../../server/protocol/results';
import type { WorkerProgress } from '../../server/protocol/worker';
import { readRunMasks } from '../../server/runs/read';
import { writePlaces, writeUpdateLines } from '../../server/runs/updates';
import { UnknownScoreError } from '../../server/worker/failures';
import type { Supervisor } from '../../server/worker/supervisor';
import { sample, temporaryFolder } from '../support/models';
import { startSupervisor } from '../support/workerFiles';

const LENET = `${sample('lenet-300-100.ts')}#default`;
const PRUNABLE = 266_200;

function score(supervisor: Supervisor, method = 'snip'): Promise<ScoreSummary> {
  return supervisor.call('score', { model: LENET, method, sparsity: 0.98, backend: 'cpu' });
}

describe('the compute process', () => {
  it('describes, scores and selects LeNet on MNIST', async () => {
    const supervisor = await startSupervisor();
    const summary = await supervisor.call('describe', { model: LENET });
    expect(summary).toMatchObject({ name: 'lenet-300-100', inputShape: [28, 28, 1], classes: 10 });
    expect(summary.layers.map(({ name, macs }) => [name, macs])).toContainEqual(['fc1', 235_200]);
    expect(summary.layers.find(({ name }) => name === 'fc1')!.source[0].line).toBe(11);

    const reports: WorkerProgress[] = [];
    const scored = await supervisor.call(
      'score',
      { model: LENET, method: 'snip', sparsity: 0.98, backend: 'cpu' },
      { onProgress: (progress) => reports.push(progress) },
    );
    expect(scored).toMatchObject({ method: 'snip', title: 'SNIP', backend: 'cpu', data: 'mnist', seed: 0 });
    expect(reports.map(({ message }) => message)).toContain('Building the model');
    expect(supervisor.status()).toMatchObject({ worker: 'ready', backend: 'cpu', jobs: [] });

    const { scoreId } = scored;
    const selection = await supervisor.call('select', { scoreId, sparsity: 0.98, paths: true });
    expect(selection).toMatchObject({ prunable: PRUNABLE, kept: 5324, collapsed: [], disconnected: [] });
    expect(selection.layers.reduce((sum, { kept }) => sum + kept, 0)).toBe(5324);
    for (const { connected, kept, macs, total, sparseMacs } of selection.layers) {
      expect(connected).toBeLessThanOrEqual(kept);
      expect([macs, sparseMacs]).toEqual([total, kept]);
    }
    const held = await supervisor.call('select', { scoreId, sparsity: 0.999, paths: false, minPerLayer: 60 });
    expect(Math.min(...held.layers.map(({ kept }) => kept))).toBeGreaterThanOrEqual(60);
    expect(held.kept).toBe(266);
  });

  it('tells the norms of meta-gradients beside those of gradients of ProsPr alone', async () => {
    const supervisor = await startSupervisor();
    const { gradientNorms = [], weights } = await score(supervisor, 'prospr');
    expect(gradientNorms.map(({ weight }) => weight)).toEqual(weights.map(({ name }) => name));
    for (const { metaGradient, gradient } of gradientNorms) {
      expect(metaGradient).toBeGreaterThan(0);
      expect(gradient).toBeGreaterThan(0);
      expect(metaGradient).not.toBeCloseTo(gradient, 6);
    }
    expect((await score(supervisor, 'snip')).gradientNorms).toBeUndefined();
  });

  it('answers tiles, weights, histograms and overlaps that agree', async () => {
    const supervisor = await startSupervisor();
    const { scoreId } = await score(supervisor);
    const { scoreId: otherScoreId } = await score(supervisor, 'magnitude');
    const sparsity = 0.9;
    const whole = { scoreId, weight: 'fc2/kernel', sparsity, row: 0, column: 0, rows: 100, columns: 300 };
    const fine = await supervisor.call('tile', { ...whole, otherScoreId, height: 100, width: 300 });
    const cells = Buffer.from(fine.density, 'base64');
    const selection = await supervisor.call('select', { scoreId, sparsity, paths: false });
    const { kept } = selection.layers.find(({ weight }) => weight === 'fc2/kernel')!;
    expect(cells.reduce((sum, cell) => sum + cell, 0)).toBe(255 * kept);

    // Row 7, column 11 of the matrix is input 11, output 7.
    const detail = await supervisor.call('weight', { scoreId, weight: 'fc2/kernel', index: 11 * 100 + 7, sparsity });
    expect(detail.at).toEqual([11, 7]);
    expect(cells[7 * 300 + 11]).toBe(detail.kept ? 255 : 0);
    expect(detail.kept).toBe(detail.score >= selection.threshold);
    const other = await supervisor.call('weight', { scoreId: otherScoreId, weight: 'fc2/kernel', index: 0, sparsity });
    expect(other.score).toBe(Math.abs(other.initial));

    const both = Buffer.from(fine.both!, 'base64').reduce((sum, cell) => sum + cell, 0) / 255;
    const others = Buffer.from(fine.other!, 'base64').reduce((sum, cell) => sum + cell, 0) / 255;
    const overlap = await supervisor.call('overlap', { scoreId, otherScoreId, sparsity });
    const { iou } = overlap.weights.find(({ weight }) => weight === 'fc2/kernel')!;
    expect(iou).toBeCloseTo(both / (kept + others - both), 12);

    // The same scores at two sparsities: what the sparser one keeps, the other one keeps too.
    const sparser = await supervisor.call('overlap', { scoreId, sparsity, otherSparsity: 0.98 });
    expect(sparser.otherKept).toBe(5324);
    expect(sparser.iou).toBeCloseTo(5324 / selection.kept, 12);

    // A run's own masks, in what its folder holds.
    const run = temporaryFolder({});
    const config = { format: 'prunelens-run-1', file: 'lenet.ts', origin: {}, training: {} };
    writeFileSync(join(run, 'config.json'), JSON.stringify(config));
    await supervisor.call('writeMasks', { scoreId: otherScoreId, sparsity, file: join(run, 'masks.safetensors') });
    const withRun = await supervisor.call('overlap', { scoreId, sparsity, otherRun: run });
    expect(withRun).toEqual(overlap);
    // The same masks without one weight, which came in the second epoch.
    const [place] = [...(await readRunMasks(run)).get('fc2/kernel')!.entries()].find(([, bit]) => bit === 1)!;
    const first = await supervisor.call('overlap', { scoreId, sparsity, otherRun: run });
    await writePlaces(run, {
      step: 7,
      places: new Map([['fc2/kernel', { dropped: Int32Array.of(place), grown: new Int32Array(0) }]]),
    });
    const line = { epoch: 2, step: 7, update: 1, kept: first.otherKept - 1, layers: {}, dropped: 1, grown: 0 };
    await writeUpdateLines(run, [line]);
    const overlapAfter = (otherEpoch: number) =>
      supervisor.call('overlap', { scoreId, sparsity, otherRun: run, otherEpoch });
    expect((await overlapAfter(1)).otherKept).toBe(first.otherKept);
    expect((await overlapAfter(2)).otherKept).toBe(first.otherKept - 1);
    rmSync(join(run, 'updates.jsonl'));

    const coarse = { ...whole, height: 10, width: 10 };
    const tiles = [{ otherScoreId }, { otherRun: run }].map((other) =>
      supervisor.call('tile', { ...coarse, ...other }),
    );
    const [ofScore, ofRun] = await Promise.all(tiles);
    expect(ofRun).toEqual(ofScore);
    const empty = temporaryFolder({ 'config.json': JSON.stringify(config) });
    await expect(supervisor.call('overlap', { scoreId, sparsity, otherRun: empty })).rejects.toThrow('has no masks');

    const histogram = await supervisor.call('histogram', { scoreId, bins: 40, sparsity });
    expect(histogram.total).toEqual({ kept: selection.kept, removed: PRUNABLE - selection.kept });
    expect(histogram.kept.reduce((sum, count) => sum + count, histogram.zeros.kept)).toBe(selection.kept);
    expect(histogram.threshold).toBe(selection.threshold);
    expect(histogram.low).toBeLessThan(Math.log10(selection.threshold));
  });

  it('exports masks that hold what was selected', async () => {
    const folder = temporaryFolder({});
    const supervisor = await startSupervisor();
    const { scoreId } = await score(supervisor);
    const exportAs = (format: 'safetensors' | 'safetensors-pytorch' | 'npz' | 'pytorch-snippet', name: string) =>
      supervisor.call('exportMasks', { scoreId, sparsity: 0.9, format, file: join(folder, name) });
    await exportAs('safetensors', 'keras.safetensors');
    await exportAs('npz', 'masks.npz');
    await exportAs('pytorch-snippet', 'apply.py');
    const keras = await readSafetensors(join(folder, 'keras.safetensors'));
    const npz = await readNpz(join(folder, 'masks.npz'));
    const pytorch = await readSafetensors(join(folder, 'apply.safetensors'));
    expect(keras.metadata).toMatchObject({ method: 'snip', sparsity: '0.9' });
    expect([...pytorch.tensors.keys()].sort()).toEqual(['fc1.weight', 'fc2.weight', 'logits.weight']);
    const mask = keras.tensors.get('fc2/kernel')!;
    expect(npz.get('fc2/kernel')!.shape).toEqual([300, 100]);
    expect(Array.from(npz.get('fc2/kernel')!.data)).toEqual(Array.from(mask.data));
    const turned = pytorch.tensors.get('fc2.weight')!;
    expect(turned.shape).toEqual([100, 300]);
    expect(turned.data[7 * 300 + 11]).toBe(mask.data[11 * 100 + 7]);
    expect(readFileSync(join(folder, 'apply.py'), 'utf8')).toContain('def apply(model');
  });

  it('uses unsaved text, and tells mistakes with their place', async () => {
    const supervisor = await startSupervisor();
    const file = sample('lenet-300-100.ts');
    const text = readFileSync(file, 'utf8');
    const edited = { file, text: text.replace('[300, 100]', '[30, 20, 10]') };
    const [saved, unsaved] = [
      await supervisor.call('describe', { model: LENET }),
      await supervisor.call('describe', { model: LENET, unsaved: [edited] }),
    ];
    expect(unsaved.layers).toHaveLength(saved.layers.length + 1);
    expect(unsaved.fingerprint).not.toBe(saved.fingerprint);
    const commented = { file, text: `// A comment.\n${text}` };
    expect((await supervisor.call('describe', { model: LENET, unsaved: [commented] })).fingerprint).toBe(
      saved.fingerprint,
    );

    const broken = {
      file,
      text: text.replace('const CLASSES = 10;', "const CLASSES = 10;\nthrow new Error('oh no');"),
    };
    const failure = await supervisor.call('describe', { model: LENET, unsaved: [broken] }).catch((error) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure).toMatchObject({ message: 'Error: oh no', location: { line: 6 } });

    const scored = await supervisor.call('score', {
      model: LENET,
      method: 'snip',
      sparsity: 0.9,
      backend: 'cpu',
      data: 'noise',
      unsaved: [edited],
    });
    // What was described is scored without loading it again, where it is still the latest.
    const { fingerprint } = await supervisor.call('describe', { model: LENET, unsaved: [edited] });
    const known = { model: LENET, method: 'magnitude', sparsity: 0.9, backend: 'cpu', fingerprint: fingerprint! };
    expect((await supervisor.call('score', known)).weights).toEqual(scored.weights);
    await supervisor.call('describe', { model: LENET });
    expect((await supervisor.call('score', known)).weights).toHaveLength(3);
    expect(scored.weights.map(({ shape }) => shape)).toEqual([
      [784, 30],
      [30, 20],
      [20, 10],
      [10, 10],
    ]);
  });

  it('compares methods with a dense network, in a folder that the command line can go on with', {
    timeout: 60_000,
  }, async () => {
    const supervisor = await startSupervisor();
    const folder = join(temporaryFolder({}), 'comparison');
    const reports: WorkerProgress[] = [];
    const { rows } = await supervisor.call(
      'compare',
      {
        model: LENET,
        backend: 'cpu',
        data: 'noise:28x28x1:10:256',
        methods: ['magnitude'],
        sparsities: [0.9],
        seeds: 1,
        epochs: 1,
        folder,
      },
      { onProgress: (progress) => void reports.push(progress) },
    );
    expect(rows.map(({ method, sparsity, seed }) => [method, sparsity, seed])).toEqual([
      ['dense', 0, 0],
      ['magnitude', 0.9, 0],
    ]);
    expect(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'))).toMatchObject({ planned: 2, failures: [] });
    expect(reports.map(({ message }) => message)).toContain('Run 2 of 2: magnitude at 0.9');
    expect(reports.find(({ training }) => training)!.training!.run.startsWith(folder)).toBe(true);
  });

  it('tells a loss that becomes infinite', async () => {
    const run = join(
      temporaryFolder({
        'model.ts': readFileSync(sample('lenet-300-100.ts'), 'utf8'),
        'prunelens.json': '{ "optimizer": { "kind": "sgd", "learningRate": 1e30 } }',
      }),
      'run',
    );
    const supervisor = await startSupervisor();
    const model = join(run, '..', 'model.ts');
    const train = { model, backend: 'cpu', data: 'noise:28x28x1:10:512', epochs: 2, run };
    await expect(supervisor.call('train', train)).rejects.toThrow('Training diverged');
  });

  it('says which sparsity a criterion aimed at, and looks for paths of several scores at once', {
    timeout: 60_000,
  }, async () => {
    const supervisor = await startSupervisor();
    const [erk, magnitude] = [await score(supervisor, 'random-erk'), await score(supervisor, 'magnitude')];
    expect([erk.aim, magnitude.aim]).toEqual([0.98, undefined]);
    const select = ({ scoreId }: ScoreSummary, sparsity: number) =>
      supervisor.call('select', { scoreId, sparsity, paths: true });
    const connected = async (one: ScoreSummary, sparsity: number) =>
      (await select(one, sparsity)).layers.map((layer) => layer.connected);
    const together = await Promise.all([connected(erk, 0.98), connected(magnitude, 0.98), connected(magnitude, 0.9)]);
    // The search is compiled once and given other masks: it must forget the earlier ones.
    expect(await connected(erk, 0.98)).toEqual(together[0]);
    expect(await connected(magnitude, 0.98)).toEqual(together[1]);
    expect(together[2]).not.toEqual(together[1]);
  });

  it('scores on fewer examples where it is to be quick, and says so', async () => {
    const supervisor = await startSupervisor();
    const asked = { model: LENET, sparsity: 0.98, backend: 'cpu', examples: 16 };
    const quick = await supervisor.call('score', { ...asked, method: 'snip' });
    expect(quick.examples).toBe(16);
    const whole = await score(supervisor);
    expect(whole.examples).toBeUndefined();
    const select = ({ scoreId }: ScoreSummary) =>
      supervisor.call('select', { scoreId, sparsity: 0.98, paths: false, minPerLayer: 0 });
    expect((await select(quick)).threshold).not.toBe((await select(whole)).threshold);
    // What looks at no data is as it was.
    expect((await supervisor.call('score', { ...asked, method: 'magnitude' })).examples).toBeUndefined();
  });

  it('tells a forgotten score from other mistakes', async () => {
    const supervisor = await startSupervisor();
    const { scoreId } = await score(supervisor, 'magnitude');
    await supervisor.call('forget', { scoreId });
    const select = { scoreId, sparsity: 0.9, paths: false };
    await expect(supervisor.call('select', select)).rejects.toBeInstanceOf(UnknownScoreError);
    await expect(score(supervisor, 'snap')).rejects.toThrow('there is no method "snap"');
    await expect(supervisor.call('describe', { model: '/nowhere/model.ts' })).rejects.toMatchObject({ kind: 'usage' });
  });
});
