/** Reading of images of a Python data set by PruneLens, in turns: reading.ts PYTHON FILE WORKERS. See `reading.mjs`. */
import { createInterface } from 'node:readline';
import { readEpoch } from '../../server/data/batches';
import { formatsOf } from '../../server/protocol/data';
import { openNamedData } from '../../server/request/namedData';

const BATCH = 64;

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function main([python, file, workers]: readonly string[]): Promise<void> {
  const choice = { name: `${file}#train_set`, workers: Number(workers) };
  const dataset = await openNamedData(choice, { interpreter: { flag: python } });
  // The whole of the data set, as the plain loader reads it.
  const splits = [dataset.train, dataset.test];
  const read = async (epoch: number): Promise<number> => {
    const start = performance.now();
    for (const split of splits) {
      const options = { split, inputs: formatsOf(dataset), batchSize: BATCH, seed: 0, epoch };
      for await (const { x } of readEpoch(options)) if (x.length === 0) throw new Error('an empty batch');
    }
    return (performance.now() - start) / 1000;
  };
  // Each process has opened the data then.
  await read(0);
  say({ ready: true });
  let epoch = 0;
  for await (const _ of createInterface({ input: process.stdin })) say({ seconds: await read(++epoch) });
  say({ peakMegabytes: process.memoryUsage().rss / 2 ** 20 });
  process.exit(0);
}

void main(process.argv.slice(2));
