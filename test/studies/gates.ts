/**
 * Scores of channels by both gates, against what each channel's removal does to the loss of the batch that they were scored on:
 * Spearman's rank correlation within each layer, over seeds of the weights and the batch.
 */
import { resolve } from 'node:path';
import { openExecutor } from '../../server/executors/select';
import type { Executor } from '../../server/executors/types';
import { createProgram } from '../../server/graph/program';
import type { Batch } from '../../server/protocol/data';
import { floatTensor } from '../../server/protocol/tensor';
import { buildLoss } from '../../server/pruning/loss';
import { rankCorrelation } from '../../server/pruning/ranks';
import {
  type ChannelGroup,
  type ChannelStructure,
  findChannelCriterion,
  findChannels,
  parameterMasks,
  scoreChannels,
} from '../../server/pruning/structured';
import { disposeAll, runWith, uploadBatch, uploadTensors, uploadWeights } from '../../server/pruning/tensors';
import type { Weights } from '../../server/pruning/types';
import { loadForRequests, prepareModel } from '../../server/request/model';
import { resolveTraining } from '../../server/request/resolve';
import { openBatches } from '../../server/request/scoring';

const GATES = ['output', 'weights'] as const;
const BATCH = 32;
/** Channels of a layer that are removed in turn, evenly spread. */
const TRIED = 16;
const signal = new AbortController().signal;

/** The entries of a group that are tried. */
function triedOf({ entries }: ChannelGroup): number[] {
  const count = Math.min(TRIED, entries.length);
  return Array.from({ length: count }, (_, i) => entries[Math.floor((i * entries.length) / count)]);
}

/** The loss with all channels, and with each of the entries removed that are tried; NaN of the others. */
async function lossesWithout(
  executor: Executor,
  structure: ChannelStructure,
  weights: Weights,
  batch: Batch,
): Promise<{ readonly whole: number; readonly without: Float64Array }> {
  const { network, entries } = structure;
  const executable = await executor.compile(createProgram('loss', { loss: buildLoss(network, batch.size).loss }));
  const examples = uploadBatch(executor, network, batch);
  const parameters = uploadWeights(executor, network, weights);
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const lossOf = async (masked: Weights): Promise<number> => {
    const replaced = uploadTensors(
      executor,
      Object.fromEntries(Array.from(masked, ([name, values]) => [name, floatTensor(shapes.get(name)!, values)])),
    );
    const { loss } = await runWith(executable, parameters, replaced, examples);
    const [value] = (await loss.read()).data;
    loss.dispose();
    disposeAll(replaced);
    return value;
  };
  const whole = await lossOf(new Map());
  const without = new Float64Array(entries).fill(Number.NaN);
  for (const entry of structure.groups.flatMap(triedOf)) {
    const keep = new Uint8Array(entries).fill(1);
    keep[entry] = 0;
    const masks = parameterMasks(structure, keep);
    const masked = Array.from(masks, ([name, mask]) => [name, weights.get(name)!.map((w, i) => w * mask[i])] as const);
    without[entry] = await lossOf(new Map(masked));
  }
  disposeAll(parameters);
  disposeAll(examples);
  await executable.dispose();
  return { whole, without };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function main(): Promise<void> {
  const [model, data, seeds = '3'] = process.argv.slice(2);
  const loaded = await loadForRequests(resolve(model), {}, signal, { trusted: true });
  const executor = await openExecutor({ backend: 'cpu' }, { trusted: true });
  const rows = new Map<string, { readonly [gate in (typeof GATES)[number]]: number[] }>();
  for (let seed = 0; seed < Number(seeds); seed++) {
    const request = resolveTraining({ ...loaded, flags: { data, seed, pruningBatchSize: BATCH } });
    const prepared = await prepareModel(loaded.network, request);
    const { network, weights, prunable } = prepared;
    const source = await openBatches({ needsData: true, title: 'The study' }, prepared, request);
    const [batch] = await source.batches!(1);
    const structure = findChannels(network, prunable);
    const { whole, without } = await lossesWithout(executor, structure, weights, batch);
    const changes = without.map((loss) => Math.abs(loss - whole));
    for (const gate of GATES) {
      const criterion = findChannelCriterion('snip');
      const asked = { criterion, structure, network, weights, prunable, executor, seed, signal };
      const { scores } = await scoreChannels({ ...asked, options: { gate }, givenBatches: [batch] });
      for (const group of structure.groups) {
        const layer = group.outputs.map((output) => output.layer).join(' + ');
        const row = rows.get(layer) ?? { output: [], weights: [] };
        rows.set(layer, row);
        const [told, real] = [scores, changes].map((all) => Float32Array.from(triedOf(group), (entry) => all[entry]));
        row[gate].push(rankCorrelation(told, real));
      }
    }
  }
  await executor.dispose();
  console.log('| layer | output | weights |');
  console.log('| :-- | --: | --: |');
  for (const [layer, { output, weights }] of rows) {
    console.log(`| ${layer} | ${mean(output).toFixed(2)} | ${mean(weights).toFixed(2)} |`);
  }
  const over = (gate: (typeof GATES)[number]) => mean([...rows.values()].map((row) => mean(row[gate])));
  console.log(`| mean of ${rows.size} layers | ${over('output').toFixed(2)} | ${over('weights').toFixed(2)} |`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
