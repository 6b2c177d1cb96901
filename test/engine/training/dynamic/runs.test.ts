/** Runs whose masks change: what they keep on disk, stopped and gone on with, and in comparisons. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ComparedNetwork } from '../../../../server/comparison/model';
import { finishedRun, runOne } from '../../../../server/comparison/run';
import { createReferenceExecutor } from '../../../../server/executors/reference';
import { countKept, effectiveSparsity } from '../../../../server/pruning';
import { resolveTraining } from '../../../../server/request/resolve';
import type { TrainingRequestFlags } from '../../../../server/request/types';
import { readRunMasks } from '../../../../server/runs/read';
import { readSummary, readTimedMetrics } from '../../../../server/runs/summaries';
import { readMasksAfter, readUpdateLines } from '../../../../server/runs/updates';
import { macCosts } from '../../../../server/training/cost';
import type { DynamicConfig } from '../../../../server/training/dynamic/plan';
import { train } from '../../../../server/training/train';
import type { TrainingTask } from '../../../../server/training/types';
import {
  cloudDataset,
  countingExecutor,
  denseNetwork,
  initialWeights,
  randomMasks,
  trainingTask,
} from '../../../support/training';

const out = mkdtempSync(join(tmpdir(), 'prunelens-changing-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const network = denseNetwork();
const masks = randomMasks(network, 0.4);
const kept = [...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0);
const { config: base } = trainingTask({ epochs: 4, seed: 3 });
const rigl: DynamicConfig = { method: 'rigl', updateEvery: 4, updateEnd: 0.8, dropFraction: 0.5 };

const task = (dynamic: DynamicConfig, rest: Partial<TrainingTask> = {}) =>
  trainingTask({}, { network, masks, config: { ...base, dynamic }, ...rest });

describe.each(['rigl', 'set'] as const)('a run of %s', (method) => {
  const dynamic = { ...rigl, method };
  const whole = join(out, `${method}-whole`);
  const stopped = join(out, `${method}-stopped`);

  it('goes on to the bit where it was stopped between two updates', async () => {
    const uninterrupted = await train(task(dynamic, { runDir: whole }));
    const abort = new AbortController();
    let reads = 0;
    const { dataset } = task(dynamic);
    const { train: split } = dataset;
    const watched = {
      ...split,
      read(indices: ArrayLike<number>, values: Float32Array) {
        split.read(indices, values);
        // In the second epoch, behind an update of it.
        if (++reads === 6 + 5) abort.abort();
      },
    };
    const { signal } = abort;
    const first = await train(
      task(dynamic, { runDir: stopped, signal, dataset: { ...dataset, train: watched } as typeof dataset }),
    );
    expect(first.interrupted).toBe(true);
    expect(first.epochs).toHaveLength(1);
    const { masks: _, ...rest } = task(dynamic, { runDir: stopped, resume: true });
    const resumed = await train(rest);
    expect(resumed.weights).toEqual(uninterrupted.weights);
    expect(resumed.masks).toEqual(uninterrupted.masks);
    expect(resumed.updates).toEqual(uninterrupted.updates);
    for (const file of ['metrics.jsonl', 'updates.jsonl', 'final-masks.safetensors']) {
      expect(readFileSync(join(stopped, file)), file).toEqual(readFileSync(join(whole, file)));
    }
  });

  it('keeps the masks of the beginning, of each update and of the end', async () => {
    const lines = await readUpdateLines(whole);
    expect(lines.map(({ step }) => step)).toEqual([4, 8, 12, 16]);
    expect(lines.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 3]);
    for (const line of lines) {
      expect(line.kept).toBe(kept);
      const after = await readMasksAfter(whole, { step: line.step });
      expect(Object.fromEntries(Array.from(after, ([name, mask]) => [name, countKept(mask)]))).toEqual(line.layers);
    }
    expect(lines.some(({ dropped }) => dropped > 0)).toBe(true);
    expect(await readRunMasks(whole)).toEqual(masks);
    const { masks: end } = await train(task(dynamic));
    expect(await readMasksAfter(whole)).toEqual(end);
    const ofEnd = await effectiveSparsity(createReferenceExecutor(), network, end);
    const result = JSON.parse(readFileSync(join(whole, 'result.json'), 'utf8'));
    expect(result.effectiveSparsity).toBe(ofEnd);
    expect(ofEnd).toBeLessThan(1);
    const { config, dataset } = task(dynamic);
    const steps = Math.floor(dataset.train.size / config.batchSize);
    expect(result.cost).toEqual(macCosts({ network, config, steps, epochs: config.epochs, masks, updates: lines }));
    expect(result.cost.inference).toBeLessThan(result.cost.denseInference);
    expect(await readMasksAfter(whole, { epoch: 0 })).toEqual(masks);
    expect(await readMasksAfter(whole, { epoch: 2 })).toEqual(await readMasksAfter(whole, { step: 8 }));
    const { maskChanges } = await readTimedMetrics(whole);
    expect(maskChanges).toEqual(lines.map(({ layers: _, update: __, ...change }) => change));
    expect(await readSummary(whole, false)).toMatchObject({ masksChange: true });
  });
});

describe('a training whose masks change', () => {
  it('frees what it takes of the executor, and leaves nothing out', async () => {
    const executor = countingExecutor(createReferenceExecutor());
    const { masks: end, weights, compaction } = await train(task(rigl, { executor }));
    expect(executor.alive()).toBe(0);
    expect(compaction).toBeUndefined();
    for (const [name, mask] of end) {
      const values = weights.get(name)!;
      expect(values.filter((value, i) => mask[i] === 0 && value !== 0)).toHaveLength(0);
    }
  });

  it('is refused without masks, without updates, and under other settings', async () => {
    await expect(train(task(rigl, { masks: new Map() }))).rejects.toThrow('has none');
    await expect(train(task({ ...rigl, updateEvery: 100 }))).rejects.toThrow('never');
    const other = { ...rigl, dropFraction: 0.2 };
    await expect(train(task(other, { runDir: join(out, 'rigl-whole'), resume: true }))).rejects.toThrow('dropFraction');
  });
});

describe('in a comparison', () => {
  const dataset = cloudDataset();
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  const { executor } = trainingTask();
  const flags: TrainingRequestFlags = { epochs: 4, batchSize: 16, updateEvery: 4 };

  async function run(method: string, more: TrainingRequestFlags = {}) {
    const compared = {
      label: 'net',
      data: 'clouds',
      dataset,
      model: { network, prunable, seed: 1, weights: initialWeights(network, 1), description: network },
      request: resolveTraining({ specifier: 'net', flags: { ...flags, ...more }, settings: {}, network }),
      settings: { model: 'fingerprint' },
      content: { data: 'clouds' },
    } as unknown as ComparedNetwork;
    const key = { model: 'net', method, sparsity: 0.8, seed: 1 };
    const { signal } = new AbortController();
    const request = { key, method, compared, executor, out, sparsities: [0.8], signal, onProgress() {} };
    const outcome = await runOne(request);
    expect(await finishedRun(request)).toEqual(outcome);
    return outcome;
  }

  it.each(['set', 'rigl', 'gmp', 'granet'])('%s ends at the sparsity, with its changes and costs', async (method) => {
    const { pruning, folder } = await run(method);
    expect(pruning.kept).toBe(Math.round(0.2 * pruning.prunable));
    const { initialKept, updates } = pruning.changes!;
    expect(updates.at(-1)!.kept).toBe(pruning.kept);
    expect(initialKept).toBe({ gmp: pruning.prunable, granet: pruning.prunable / 2 }[method] ?? pruning.kept);
    const { inference, denseInference, training, denseTraining } = pruning.cost!;
    expect(inference).toBeLessThan(denseInference);
    expect(training).toBeLessThan(denseTraining);
    expect(training / denseTraining).toBeGreaterThan(inference / denseInference - 0.05);
    const end = await readMasksAfter(join(out, folder));
    expect([...end.values()].reduce((sum, mask) => sum + countKept(mask), 0)).toBe(pruning.kept);
  });

  it('begins with the mask of any criterion', async () => {
    const erk = await run('rigl');
    const snip = await run('rigl', { initialMask: 'snip' });
    expect(snip.folder).not.toBe(erk.folder);
    const { folder } = await run('snip');
    expect(await readRunMasks(join(out, snip.folder))).toEqual(await readRunMasks(join(out, folder)));
  });
});
