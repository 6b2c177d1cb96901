/** Iterative rewind pruning of tiny networks: what it trains, from where, and that it goes on as if nothing had happened. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readProgress, readRecord } from '../../../server/autos/rewinding/folder';
import { readRewinding, rewindAndPrune } from '../../../server/autos/rewinding/run';
import { keptAfter } from '../../../server/autos/rewinding/schedule';
import { masksAfter } from '../../../server/autos/rewinding/survival';
import { winningTicket } from '../../../server/autos/rewinding/ticket';
import type { RewindEvent, RewindRequest } from '../../../server/autos/rewinding/types';
import type { RewindSettings } from '../../../server/autos/types';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { readSafetensors } from '../../../server/files/safetensors';
import { countKept } from '../../../server/pruning/selection';
import { completeConfig } from '../../../server/training/config';
import { train } from '../../../server/training/train';
import { cloudDataset, denseNetwork, initialWeights } from '../../support/training';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'run');
}

const SETTINGS: RewindSettings = {
  iterations: 3,
  schedule: 'pct',
  finalSparsity: 0.8,
  criterion: 'magnitude',
  rewindEpoch: 0,
  seed: 4,
};

/** A dense network of 48 prunable weights with batch norm and dropout, on the reference executor. */
function rewinding(settings: Partial<RewindSettings> = {}, rest: Partial<RewindRequest> = {}): RewindRequest {
  const network = denseNetwork();
  return {
    label: 'dense',
    modelHash: 'abc',
    network,
    weights: initialWeights(network, 4),
    prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
    data: 'clouds',
    dataset: cloudDataset(),
    config: completeConfig({ epochs: 2, batchSize: 16 }),
    settings: { ...SETTINGS, ...settings },
    pruningBatches: 2,
    executor: createReferenceExecutor(),
    folder: newFolder(),
    ...rest,
  };
}

/** Without what depends on time. */
async function outcome(folder: string) {
  const { iterations, ...run } = await readRewinding(folder);
  return { ...run, iterations: iterations.map(({ seconds: _, ...iteration }) => iteration) };
}

describe('rewindAndPrune', () => {
  it('trains and prunes as the schedule says', async () => {
    const events: RewindEvent[] = [];
    const request = rewinding({}, { onProgress: (event) => events.push(event) });
    const run = await rewindAndPrune(request);
    const sizes = run.layers.map(({ survived }) => survived.length);
    const weights = sizes.reduce((a, b) => a + b);
    expect(weights).toBe(48);
    expect(run.iterations.map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
    const kept = [0, 1, 2].map((i) => keptAfter({ ...SETTINGS, weights }, i));
    expect(run.iterations.map(({ sparsity }) => sparsity)).toEqual(kept.map((count) => 1 - count / weights));
    const survivors = run.layers.flatMap(({ survived }) => [...survived]).filter((count) => count === 3);
    expect(survivors).toHaveLength(10);
    for (const { initial, weight } of run.layers) expect(initial).toEqual(request.weights.get(weight));
    expect(run.layers.every(({ gradient }) => gradient.every(Number.isFinite) && gradient.some((g) => g !== 0))).toBe(
      true,
    );
    // The trainings' folders are gone, progress rises to the end.
    expect(readdirSync(request.folder).sort()).toEqual([
      'gradient.safetensors',
      'initial.safetensors',
      'rewinding.json',
      'survival.safetensors',
    ]);
    expect(events.at(-1)).toMatchObject({ kind: 'iteration', iteration: 3, done: 1 });
    const shares = events.map(({ done }) => done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it('rewinds to initialization: each iteration is a masked training of the initial weights', async () => {
    const request = rewinding();
    const { iterations } = await rewindAndPrune(request);
    const { survival } = await readProgress(request.folder, await readRecord(request.folder));
    for (const { iteration, testLoss } of iterations) {
      const masks = masksAfter(survival, iteration - 1);
      const { network, weights, dataset, executor } = request;
      const config = { ...request.config, seed: SETTINGS.seed };
      const alone = await train({ network, weights, masks, dataset, executor, config });
      expect(alone.final!.testLoss).toBe(testLoss);
      if (iteration < 3) continue;
      // What stayed after the last training are its largest weights.
      const magnitudes = [...masks].flatMap(([name, mask]) =>
        [...mask].map((alive, i) => (alive ? Math.abs(alone.weights.get(name)![i]) : -1)),
      );
      const last = [...masksAfter(survival, 3).values()].flatMap((mask) => [...mask]);
      const threshold = [...magnitudes].sort((a, b) => b - a)[9];
      expect(last).toEqual(magnitudes.map((magnitude) => (magnitude >= threshold ? 1 : 0)));
    }
  });

  it('rewinds to a later epoch: the dense training up to it, and the rest of the schedule after it', async () => {
    const config = completeConfig({ epochs: 3, batchSize: 16 });
    const request = rewinding({ rewindEpoch: 1, iterations: 2 }, { config });
    const { iterations } = await rewindAndPrune(request);
    const { network, weights, dataset, executor } = request;
    const dense = await train({ network, weights, dataset, executor, config: { ...config, seed: SETTINGS.seed } });
    expect(iterations[0].testLoss).toBe(dense.final!.testLoss);
    const { tensors, metadata } = await readSafetensors(join(request.folder, 'rewound.safetensors'));
    expect(tensors.get('fc1/kernel')!.data).not.toEqual(weights.get('fc1/kernel'));
    expect(JSON.parse(metadata.epochs)).toMatchObject([{ testLoss: dense.epochs[0].testLoss }]);
    const ticket = await winningTicket(request.folder, 0.5);
    expect(ticket.rewindEpoch).toBe(1);
    expect(ticket.weights.get('fc1/kernel')).toEqual(tensors.get('fc1/kernel')!.data);
    expect(iterations[1].testLoss).not.toBe(iterations[0].testLoss);
  });

  it('goes on with the schedule and the order of examples after the rewind epoch', async () => {
    // Without pruning and momentum, the rest of the training after a rewind is that of the dense run, but for the
    // rounding of the rewound weights to float32.
    const config = completeConfig({ epochs: 3, batchSize: 16, optimizer: { momentum: 0 } });
    const request = rewinding({ rewindEpoch: 2, iterations: 2, finalSparsity: 0.01 }, { config });
    const [first, second] = (await rewindAndPrune(request)).iterations;
    expect(second.sparsity).toBe(0);
    expect(second.testLoss).toBeCloseTo(first.testLoss, 6);
  });

  it('ranks by SNIP at the trained weights where it is asked to', async () => {
    const [magnitude, snip] = [rewinding(), rewinding({ criterion: 'snip' })];
    await rewindAndPrune(magnitude);
    await rewindAndPrune(snip);
    const [a, b] = [await outcome(magnitude.folder), await outcome(snip.folder)];
    expect(b.iterations[0]).toEqual(a.iterations[0]);
    expect(b.layers.map(({ survived }) => survived)).not.toEqual(a.layers.map(({ survived }) => survived));
    expect(b.layers.map(({ gradient }) => gradient)).toEqual(a.layers.map(({ gradient }) => gradient));
  });

  it.each([
    [{}, 2],
    [{ rewindEpoch: 1, criterion: 'snip' as const }, 3],
  ])('ends the same when it is stopped at every epoch and resumed (%o)', async (settings, epochs) => {
    const config = completeConfig({ epochs, batchSize: 16 });
    const whole = rewinding(settings, { config });
    await rewindAndPrune(whole);
    const stopped = rewinding(settings, { config });
    let interruptions = 0;
    for (let finished = false; !finished; ) {
      const controller = new AbortController();
      const seen = new Set<string>();
      const request = {
        ...stopped,
        signal: controller.signal,
        onProgress: (event: RewindEvent) => {
          if (event.kind !== 'training') return;
          seen.add(`${event.iteration} ${event.epoch}`);
          if (seen.size === 2) controller.abort(new Error('stop'));
        },
      };
      finished = await rewindAndPrune(request).then(
        () => true,
        (error) => {
          expect(error).toBe(controller.signal.reason);
          interruptions++;
          return false;
        },
      );
    }
    expect(interruptions).toBeGreaterThan(3);
    expect(await outcome(stopped.folder)).toEqual(await outcome(whole.folder));
    const tensorsOf = async (folder: string) => (await readSafetensors(join(folder, 'survival.safetensors'))).tensors;
    expect(await tensorsOf(stopped.folder)).toEqual(await tensorsOf(whole.folder));
  });

  it('refuses to resume another pruning, and a folder of something else', async () => {
    const request = rewinding();
    await rewindAndPrune(request);
    await expect(rewindAndPrune({ ...request, settings: { ...SETTINGS, finalSparsity: 0.9 } })).rejects.toThrow(
      /settings.finalSparsity \(0.8 there, 0.9 now\)/,
    );
    await expect(rewindAndPrune({ ...request, weights: initialWeights(request.network, 5) })).rejects.toThrow(
      /initialWeights/,
    );
    await expect(rewindAndPrune({ ...request, folder: import.meta.dirname })).rejects.toThrow(/is not empty/);
  });
});

describe('winningTicket', () => {
  it('gives masks of the exact sparsity and the initial weights', async () => {
    const request = rewinding();
    await rewindAndPrune(request);
    const { masks, weights, kept, prunable } = await winningTicket(request.folder, 0.75);
    expect([prunable, kept]).toEqual([48, 12]);
    expect([...masks.values()].reduce((sum, mask) => sum + countKept(mask), 0)).toBe(12);
    expect(weights).toEqual(request.weights);
    await expect(winningTicket(request.folder, 0.9)).rejects.toThrow(/has come to a sparsity of 79.17 %/);
    await expect(winningTicket(import.meta.dirname, 0.9)).rejects.toThrow(/no iterative pruning/);
  });

  it('tells of a damaged record', async () => {
    const request = rewinding({ iterations: 1 });
    await rewindAndPrune(request);
    const path = join(request.folder, 'rewinding.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 50));
    await expect(winningTicket(request.folder, 0.5)).rejects.toThrow(/rewinding.json is damaged/);
  });
});
