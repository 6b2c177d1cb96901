/** Sanity controls and the diagnostics of scores, from the command line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../server/files/safetensors';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const LENET = 'samples/lenet-300-100.ts';
const FEW = ['--limit', '256', '--epochs', '1', '--batch-size', '128', '--backend', 'cpu'];

const prune = (out: string, ...more: string[]) =>
  prunelens(['prune', LENET, '--method', 'magnitude', '--sparsity', '0.9', '--out', at(out), '--json', ...more]);

describe('controls', () => {
  it('are in the names of results and keep the densities of layers', async () => {
    const plain = JSON.parse((await prune('plain.safetensors')).stdout);
    const shuffled = JSON.parse((await prune('shuffled.safetensors', '--control', 'shuffle')).stdout);
    expect([plain.method, shuffled.method]).toEqual(['magnitude', 'magnitude+shuffle']);
    const kept = ({ layers }: { layers: { kept: number }[] }) => layers.map((layer) => layer.kept);
    expect(kept(shuffled)).toEqual(kept(plain));
    const [before, after] = await Promise.all(
      ['plain', 'shuffled'].map((name) => readSafetensors(at(`${name}.safetensors`))),
    );
    expect(after.metadata?.method).toBe('magnitude+shuffle');
    expect(after.tensors.get('fc1/kernel')!.data).not.toEqual(before.tensors.get('fc1/kernel')!.data);
  });

  it('draw other weights, or shuffle masks, when they are given to train', async () => {
    await prune('masks.safetensors');
    const train = async (name: string, ...more: string[]) => {
      const result = await prunelens([
        ...['train', LENET, '--masks', at('masks.safetensors'), '--out', at(name), '--json', ...FEW],
        ...more,
      ]);
      expect(result.code, result.stderr).toBe(0);
      return JSON.parse(result.stdout).final.trainLoss;
    };
    const losses = [
      await train('as-it-is'),
      await train('drawn', '--control', 'reinitialize'),
      await train('shuffled', '--control', 'shuffle'),
    ];
    expect(new Set(losses).size).toBe(3);
    expect(readFileSync(join(at('drawn'), 'config.json'), 'utf8')).toMatch(/"control": ?"reinitialize"/);
    const again = await prunelens(['train', LENET, '--out', at('drawn'), '--resume', '--json', ...FEW]);
    expect(again.stderr).not.toContain('cannot be resumed');
  });

  it('that make no sense are refused', async () => {
    const inverted = await prunelens(['train', LENET, '--out', at('no'), '--control', 'invert', ...FEW]);
    expect(inverted.code).toBe(2);
    expect(inverted.stderr).toContain('masks have none');
    const unmasked = await prunelens(['train', LENET, '--out', at('no'), '--control', 'shuffle', ...FEW]);
    expect(unmasked.stderr).toContain('none are given');
    const unknown = await prunelens(['score', LENET, '--method', 'snip+mix']);
    expect(unknown.stderr).toContain('there is no control "mix"');
  });

  it('are compared with the method they spoil', async () => {
    const args = ['compare', LENET, '--methods', 'magnitude,magnitude+shuffle,magnitude+reinitialize', '--no-dense'];
    const result = await prunelens([...args, '--sparsities', '0.9', '--out', at('comparison'), '--json', ...FEW]);
    expect(result.code, result.stderr).toBe(0);
    const { methods, runs } = JSON.parse(result.stdout);
    expect(methods.map(({ title }: { title: string }) => title)).toEqual([
      'Magnitude',
      'Magnitude (shuffled in each layer)',
      'Magnitude (weights drawn anew)',
    ]);
    const losses = runs.map(({ final }: { final: { trainLoss: number } }) => final.trainLoss);
    expect(new Set(losses).size).toBe(3);
  });
});

describe('diagnostics', () => {
  const score = (...more: string[]) =>
    prunelens(['score', LENET, '--method', 'prospr', '--sparsity', '0.9', '--backend', 'cpu', ...more]);

  it('are the norms of adjoints and gradients, units and paths', async () => {
    const document = JSON.parse((await score('--gradient-norms', '--json')).stdout);
    expect(document.adjointNorms).toHaveLength(4);
    expect(document.gradientNorms.map(({ weight }: { weight: string }) => weight)).toEqual([
      'fc1/kernel',
      'fc2/kernel',
      'logits/kernel',
    ]);
    expect(document.warnings).toEqual([]);
    expect(document.layers[2]).toMatchObject({ nodes: 10, effectiveNodes: 10 });
    expect(document.layers[2].log10Paths).toBeCloseTo(document.log10Paths, 9);
  });

  it('are a table of norms, for the method that has them', async () => {
    expect((await score('--gradient-norms')).stdout).toMatch(/^weight +meta-gradient +gradient +ratio$/m);
    const wrong = await prunelens(['score', LENET, '--method', 'snip', '--gradient-norms']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('has no meta-gradient');
  });

  it('are in the results of a comparison and in its report', async () => {
    const args = ['compare', LENET, '--methods', 'prospr', '--sparsities', '0.9', '--no-dense', '--gradient-norms'];
    const result = await prunelens([...args, '--out', at('norms'), '--json', ...FEW]);
    expect(result.code, result.stderr).toBe(0);
    const { pruning } = JSON.parse(result.stdout).runs[0];
    expect(pruning.gradientNorms).toHaveLength(3);
    expect(pruning.adjointNorms).toHaveLength(4);
    expect(pruning.layers[2]).toMatchObject({ nodes: 10, effectiveNodes: 10 });
    expect(readFileSync(join(at('norms'), 'report.html'), 'utf8')).toContain('"gradientNorms"');
  });

  it('say which options make no difference', async () => {
    expect((await score('--warm-up-batches', '1')).stderr).toContain('does not score with moving statistics');
    const snip = await prunelens(['score', LENET, '--method', 'snip', '--warm-up-batches', '1', '--backend', 'cpu']);
    expect(snip.stderr).toContain('has no batch normalization');
  });
});
