/** `prunelens train` on the real MNIST: what it leaves behind, and that interruptions lose nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../server/files/safetensors';
import { type CommandOptions, type Ended, prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const LENET = 'samples/lenet-300-100.ts';
const masks = at('masks.safetensors');

function train(name: string, args: readonly string[] = [], options: CommandOptions = {}) {
  const common = ['train', LENET, '--masks', masks, '--limit', '2560', '--batch-size', '64', '--backend', 'cpu'];
  return prunelens([...common, '--out', at(name), ...args], options);
}

const metrics = (name: string) => readFileSync(at(name, 'metrics.jsonl'), 'utf8');
const weights = async (name: string) =>
  [...(await readSafetensors(at(name, 'checkpoint.safetensors'))).tensors].map(([key, { data }]) => [
    key,
    Buffer.from(data.buffer).toString('base64'),
  ]);

beforeAll(async () => {
  const args = ['prune', LENET, '--method', 'snip', '--sparsity', '0.9', '--out', masks, '--backend', 'cpu'];
  expect((await prunelens(args)).code).toBe(0);
});

describe('prunelens train', () => {
  it('trains under masks and gives one JSON document', async () => {
    const { code, stdout, stderr } = await train('json', ['--epochs', '2', '--json']);
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ backend: 'cpu', runDir: at('json') });
    expect(document.epochs).toHaveLength(2);
    expect(document.final).toEqual(document.epochs[1]);
    expect(Object.keys(document.final).sort()).toEqual([
      'epoch',
      'testAccuracy',
      'testLoss',
      'testTopFive',
      'trainAccuracy',
      'trainLoss',
    ]);
    expect(document.final.testAccuracy).toBeGreaterThan(0.8);
    // Nothing of a kept weight counts that no path from input to output uses.
    const { effectiveSparsity } = JSON.parse(readFileSync(at('json', 'config.json'), 'utf8'));
    expect(effectiveSparsity).toBeGreaterThanOrEqual(0.9);
    expect(effectiveSparsity).toBeLessThan(0.92);
    const { runs } = JSON.parse((await prunelens(['runs', at('json'), '--json'])).stdout);
    expect(runs).toMatchObject([{ effectiveSparsity }]);
    expect(stderr).toMatch(/^epoch 2\/2: train loss [\d.]+, test loss [\d.]+, test accuracy [\d.]+ %/m);
  });

  it('ends equal to an uninterrupted run when it is killed and resumed', async () => {
    const epochs = ['--epochs', '8'];
    expect((await train('whole', epochs)).code).toBe(0);
    const killed = await train('killed', epochs, {
      onStderr: (text, child) => text.includes('epoch 2/8') && child.kill('SIGKILL'),
    });
    expect(killed.code).toBeNull();
    expect(existsSync(at('killed', 'result.json'))).toBe(false);
    expect((await train('killed', [...epochs, '--resume'])).code).toBe(0);
    expect(metrics('killed')).toBe(metrics('whole'));
    expect(await weights('killed')).toEqual(await weights('whole'));
  });

  it('refuses to resume a run that another process trains, and not one whose process was killed', async () => {
    const args = ['--epochs', '500', '--resume'];
    let second: Promise<Ended> | undefined;
    await train('busy', ['--epochs', '500'], {
      onStderr(text, child) {
        if (second || !text.includes('epoch 1/500')) return;
        second = train('busy', args);
        void second.finally(() => child.kill('SIGKILL'));
      },
    });
    const refused = await second!;
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /Another process \(\d+\) has been writing to .*busy since .*\n.*Wait for it or end it/,
    );
    expect(existsSync(at('busy', 'prunelens.lock'))).toBe(true);
    const finished = metrics('busy').match(/testLoss/g)!.length;
    const resumed = await train('busy', args, {
      interruptAt: `epoch ${finished + 1}/500`,
    });
    expect(resumed.code).toBe(130);
    expect(existsSync(at('busy', 'prunelens.lock'))).toBe(false);
  });

  it('keeps the finished epochs at Ctrl-C and ends with 130', async () => {
    const ended = await train('interrupted', ['--epochs', '500', '--json'], {
      interruptAt: 'epoch 1/500',
    });
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('--resume');
    expect(JSON.parse(ended.stdout).epochs.length).toBeGreaterThanOrEqual(1);
  });

  it('refuses a folder that is in use, and to resume with other settings', async () => {
    const again = await train('json', ['--epochs', '2']);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('--resume');
    const other = await train('json', ['--epochs', '2', '--lr', '0.3', '--resume']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('optimizer.learningRate');
  });
});
