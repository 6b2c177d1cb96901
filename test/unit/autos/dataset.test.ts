/** The survival data set on disk: what is written is read, and damage is told in one sentence. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { addSurvivalRun, readManifest, readSurvivalDataset } from '../../../server/autos/dataset';
import type { SurvivalRun } from '../../../server/autos/types';
import { readSafetensors, writeSafetensors } from '../../../server/files/safetensors';
import { UserError } from '../../../server/protocol/errors';
import type { HostTensor } from '../../../server/protocol/tensor';
import { completeConfig } from '../../../server/training/config';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function surviving(seed: number, label = 'net'): SurvivalRun {
  return {
    label,
    modelHash: 'abc',
    data: 'mnist',
    settings: {
      iterations: 2,
      schedule: 'pct',
      finalSparsity: 0.9,
      criterion: 'magnitude',
      rewindEpoch: 0,
      seed,
    },
    training: {
      backend: 'cpu',
      trainExamples: 60000,
      testExamples: 10000,
      config: completeConfig({ seed }),
      pruningBatches: 10,
    },
    iterations: [1, 2].map((iteration) => ({
      iteration,
      sparsity: 0.5 * (iteration - 1),
      testLoss: 0.5,
      testAccuracy: 0.9,
      seconds: 1,
    })),
    layers: [
      {
        weight: 'fc1/kernel',
        shape: [2, 2],
        initial: Float32Array.of(0.5, -1, 2, seed),
        gradient: Float32Array.of(1e-9, -2, 3, 4),
        survived: Uint16Array.of(0, 1, 2, 2),
      },
      {
        weight: 'fc2/kernel',
        shape: [1],
        initial: Float32Array.of(7),
        gradient: Float32Array.of(-7),
        survived: Uint16Array.of(2),
      },
    ],
  };
}

const NAME = 'net-mnist-magnitude-pct-2x-0.9-seed0';
const shardPath = () => join(folder, 'shards', `${NAME}.safetensors`);

/** Replaces the shard, and its hash in the manifest, so that the damage is in the contents. */
async function rewriteShard(change: (tensors: Map<string, HostTensor>) => void): Promise<void> {
  const { tensors } = await readSafetensors(shardPath());
  change(tensors);
  await writeSafetensors(shardPath(), tensors);
  const sha256 = createHash('sha256').update(readFileSync(shardPath())).digest('hex');
  changeManifest((manifest) => {
    manifest.entries[0].shard.sha256 = sha256;
  });
}

// biome-ignore lint/suspicious/noExplicitAny: a manifest that is made wrong has no type.
function changeManifest(change: (manifest: any) => void): void {
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

describe('a survival data set', () => {
  it('gives back every run, in the order they were added', async () => {
    const runs = [surviving(1), surviving(0), surviving(0, 'other net')];
    for (const run of runs) await addSurvivalRun(folder, run);
    expect(await readSurvivalDataset(folder)).toEqual(runs);
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'shards']);
    const { entries } = await readManifest(folder);
    expect(entries.map(({ name }) => name)).toEqual([
      'net-mnist-magnitude-pct-2x-0.9-seed1',
      NAME,
      'other_net-mnist-magnitude-pct-2x-0.9-seed0',
    ]);
  });

  it('refuses the same run twice, and keeps the first', async () => {
    await addSurvivalRun(folder, surviving(0));
    const again = addSurvivalRun(folder, { ...surviving(0), modelHash: 'other' });
    await expect(again).rejects.toThrow(`has ${NAME} already`);
    expect(await readSurvivalDataset(folder)).toEqual([surviving(0)]);
  });
});

describe('a data set that cannot be read', () => {
  beforeEach(() => addSurvivalRun(folder, surviving(0)).then(() => {}));

  const failure = async () => {
    const error = await readSurvivalDataset(folder).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    // What is wrong, and what to do about it.
    expect((error as UserError).hint).toMatch(/\.$/);
    expect((error as UserError).message.split('\n')).toHaveLength(1);
    return (error as UserError).message;
  };

  it('has no manifest', async () => {
    rmSync(join(folder, 'manifest.json'));
    expect(await failure()).toContain('There is no survival data set');
  });
  it('has a manifest of another version', async () => {
    changeManifest((manifest) => {
      manifest.version = 2;
    });
    expect(await failure()).toMatch(/manifest.json has version 2 of its format, and this PruneLens reads version 1/);
  });
  it('has a manifest of something else', async () => {
    changeManifest((manifest) => {
      manifest.format = 'x';
    });
    expect(await failure()).toContain('is not the manifest of a survival data set');
  });
  it('has a torn manifest', async () => {
    writeFileSync(join(folder, 'manifest.json'), '{"format": "prunelens-surv');
    expect(await failure()).toContain('is damaged: it is not JSON');
  });
  it('has an incomplete entry, or one that points elsewhere', async () => {
    changeManifest((manifest) => {
      manifest.entries[0].shard.file = 'shards/../../x.safetensors';
    });
    expect(await failure()).toContain('its entry 1 is incomplete');
  });
  it('lacks a shard', async () => {
    rmSync(shardPath());
    expect(await failure()).toMatch(/The shard .* is missing/);
  });
  it('has a shard with one bit flipped', async () => {
    const bytes = readFileSync(shardPath());
    bytes[bytes.length - 3] ^= 1;
    writeFileSync(shardPath(), bytes);
    expect(await failure()).toMatch(/The shard .* is damaged/);
  });
  it('has a shard that was cut off', async () => {
    writeFileSync(shardPath(), readFileSync(shardPath()).subarray(0, 60));
    expect(await failure()).toMatch(/The shard .* is damaged/);
  });
  it('lacks a tensor', async () => {
    await rewriteShard((tensors) => tensors.delete('gradient/fc2/kernel'));
    expect(await failure()).toContain("has no tensor 'gradient/fc2/kernel'");
  });
  it('has a tensor of another shape', async () => {
    await rewriteShard((tensors) => tensors.set('survived/fc2/kernel', tensors.get('survived/fc1/kernel')!));
    expect(await failure()).toContain("'survived/fc2/kernel' has shape [2, 2], but the manifest says [1]");
  });
  it('has NaN', async () => {
    await rewriteShard((tensors) => {
      tensors.get('gradient/fc1/kernel')!.data[2] = Number.NaN;
    });
    expect(await failure()).toContain("element 2 of 'gradient/fc1/kernel' is NaN, not a finite number");
  });
  it('has a count beyond the iterations', async () => {
    await rewriteShard((tensors) => {
      tensors.get('survived/fc1/kernel')!.data[0] = 3;
    });
    expect(await failure()).toContain("element 0 of 'survived/fc1/kernel' is 3, not a count from 0 to 2");
  });
  it('is empty', async () => {
    changeManifest((manifest) => {
      manifest.entries = [];
    });
    expect(await failure()).toContain('is empty');
  });
});
