/** Reading of images of a Python data set by PruneLens, in turns: reading.ts PYTHON DATA PARTS WORKERS. See `reading.mjs`. */
import { createInterface } from 'node:readline';
import { readEpoch } from '../../server/data/batches';
import { formatsOf } from '../../server/protocol/data';
import { openNamedData } from '../../server/request/namedData';

const BATCH = 64;

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function main([python, name, parts, workers]: readonly string[]): Promise<void> {
  const choice = { name, workers: Number(workers) };
  const dataset = await openNamedData(choice, { interpreter: { flag: python } });
  // What the plain loader reads: of a set that is split here, all of it.
  const splits = parts.split(',').map((part) => dataset[part as 'train' | 'test']);
  const read = async (epoch: number): Promise<number> => {
    const start = performance.now();
    for (const split of splits) {
      const options = { split, inputs: formatsOf(dataset), batchSize: BATCH, seed: 0, epoch };
      for await (const { x } of readEpoch(options)) if (x.length === 0) throw new Error('an empty batch');
    }
    return (performance.now() - start) / 1000;
  };
  // Each process has opened the data then.
  await Promise.all(
    Array.from({ length: Number(workers) }, () => splits[0].fetch!(Int32Array.of(0), { seed: 0, epoch: 0 })),
  );
  say({ ready: true });
  let epoch = 0;
  for await (const _ of createInterface({ input: process.stdin })) say({ seconds: await read(++epoch) });
  say({ peakMegabytes: process.memoryUsage().rss / 2 ** 20 });
  process.exit(0);
}

void main(process.argv.slice(2));
