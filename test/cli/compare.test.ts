/** `prunelens compare` in small: results, report, and going on after an interruption. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../server/files/safetensors';
import type { Comparison } from '../../server/protocol/comparison';
import { type CommandOptions, prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);

function compare(name: string, args: readonly string[] = [], options: CommandOptions = {}) {
  const grid = ['--methods', 'random,snip', '--sparsities', '0.9', '--seeds', '2'];
  const training = ['--epochs', '1', '--limit', '640', '--batch-size', '64', '--backend', 'cpu'];
  return prunelens(['compare', 'samples/lenet-300-100.ts', ...grid, ...training, '--out', at(name), ...args], options);
}

const results = (name: string): Comparison => JSON.parse(readFileSync(at(name, 'results.json'), 'utf8'));
/** Without what depends on time and on where the folder is. */
const outcomes = (name: string) =>
  results(name).runs.map(({ seconds: _, pruning: { seconds: __, ...pruning }, ...run }) => ({ ...run, pruning }));

describe('prunelens compare', () => {
  it('writes JSON, CSV and a report that needs no network', async () => {
    const { code, stdout, stderr } = await compare('all');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dense +[\d.]+ ± [\d.]+ %$/m);
    expect(stdout).toMatch(/^SNIP +[\d.]+ ± [\d.]+ %$/m);
    expect(stderr).toContain('report.html');
    const { runs, summary, planned } = results('all');
    expect(planned).toBe(6);
    expect(runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual([
      'dense 0',
      'random 0',
      'snip 0',
      'dense 1',
      'random 1',
      'snip 1',
    ]);
    expect(runs[2].pruning).toMatchObject({ prunable: 266200, kept: 26620 });
    const snip = summary.find(({ method }) => method === 'snip')!;
    const [a, b] = runs.filter(({ method }) => method === 'snip').map(({ final }) => final.testAccuracy!);
    expect(snip.mean).toBeCloseTo((a + b) / 2);
    expect(snip.deviation).toBeCloseTo(Math.abs(a - b) / Math.SQRT2);
    const csv = readFileSync(at('all', 'results.csv'), 'utf8').trim().split('\n');
    expect(csv).toHaveLength(7);
    expect(csv[0]).toMatch(/^model,method,sparsity,seed,/);
    const report = readFileSync(at('all', 'report.html'), 'utf8');
    expect(report).not.toMatch(/(?:src|href)\s*=\s*["']|@import|url\(/);
    expect(report).toContain('"method":"snip"');
  });

  it('scores on batches of another size than it trains on', async () => {
    const wanted = [
      '--methods',
      'snip',
      '--seeds',
      '1',
      '--no-dense',
      '--limit',
      '60000',
      '--pruning-batch-size',
      '16',
    ];
    expect((await compare('batches', wanted)).code).toBe(0);
    const prune = ['prune', 'samples/lenet-300-100.ts', '--data', 'mnist', '--method', 'snip', '--sparsity', '0.9'];
    const sizes = [
      ['--batch-size', '16'],
      ['--batch-size', '64', '--pruning-batch-size', '16'],
      ['--batch-size', '64'],
    ];
    const firstKernel = async (file: string) => (await readSafetensors(file)).tensors.get('fc1/kernel')!.data.join('');
    const masks = await Promise.all(
      sizes.map(async (options, index) => {
        const file = at(`batches-${index}.safetensors`);
        await prunelens([...prune, ...options, '--backend', 'cpu', '--out', file]);
        return firstKernel(file);
      }),
    );
    const { runs } = JSON.parse(readFileSync(at('batches', 'results.json'), 'utf8')) as Comparison;
    const run = at('batches', runs.find(({ method }) => method === 'snip')!.folder);
    expect(run).toMatch(/runs\/lenet-300-100\/snip-0\.9-0-[0-9a-f]{8}$/);
    const compared = await firstKernel(join(run, 'masks.safetensors'));
    expect(masks[1] === masks[0]).toBe(true);
    expect(compared === masks[0]).toBe(true);
    expect(masks[2] === masks[0]).toBe(false);
  });

  it('goes on after a kill and ends as if nothing had happened', async () => {
    const killed = await compare('killed', [], {
      onStderr: (text, child) => text.includes('[2/6]') && child.kill('SIGKILL'),
    });
    expect(killed.code).toBeNull();
    expect(results('killed').runs.length).toBeLessThan(6);
    const resumed = await compare('killed', ['--resume']);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/^\d of 6 runs are there already\./m);
    expect(outcomes('killed')).toEqual(outcomes('all'));
    const again = await compare('killed', ['--resume']);
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(resumed.stdout);
  });

  it('adds to a comparison, but not with other settings', async () => {
    const more = await compare('all', ['--resume', '--seeds', '1', '--methods', 'random,snip,magnitude']);
    expect(more.code).toBe(0);
    expect(results('all').runs.map(({ method }) => method)).toEqual(['dense', 'random', 'snip', 'magnitude']);
    const other = await compare('all', ['--resume', '--lr', '0.2']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('optimizer.learningRate (0.05 there, 0.2 now)');
    expect((await compare('all')).code).toBe(2);
  });

  it('ends with 130 at Ctrl-C and keeps the finished runs', async () => {
    const ended = await compare('interrupted', [], {
      interruptAt: '[1/6]',
    });
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('--resume');
    expect(existsSync(at('interrupted', 'report.html'))).toBe(true);
  });
});
