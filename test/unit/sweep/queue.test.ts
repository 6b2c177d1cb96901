/** The order of a sweep's runs, and what happens to those that fail. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../../server/protocol/comparison';
import { UserError } from '../../../server/protocol/errors';
import { slotsFor, visibleGpus } from '../../../server/sweep/devices';
import { expandSweep, type SweepRun } from '../../../server/sweep/expand';
import { chooseNext, runQueue, type Worker } from '../../../server/sweep/queue';

function runsOf(methods: readonly string[], sparsities: readonly number[], seeds: number): readonly SweepRun[] {
  const file = { models: ['a.ts', 'b.ts'], methods, sparsities, seeds };
  return expandSweep(file, { folder: '.', name: 'sweep', out: 'out' }).runs;
}

const done = ({ key }: SweepRun) => ({ ...key }) as RunOutcome;
const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Runs a queue whose workers take a few turns of the event loop for each run. */
async function process(runs: readonly SweepRun[], workers: number, fails: (run: SweepRun) => Error | undefined) {
  const running = new Set<SweepRun>();
  const finished: SweepRun[] = [];
  const failed: SweepRun[] = [];
  const clashes: string[] = [];
  const worker = (name: string): Worker => ({
    name,
    async run(run) {
      for (const other of running) clashes.push(...run.exclusive.filter((file) => other.exclusive.includes(file)));
      running.add(run);
      for (let turn = 0; turn <= run.key.sparsity * 4; turn++) await tick();
      running.delete(run);
      const error = fails(run);
      if (error) throw error;
      return done(run);
    },
    close: async () => {},
  });
  const ended = runQueue({
    runs,
    workers: Array.from({ length: workers }, (_, i) => worker(`worker ${i}`)),
    signal: new AbortController().signal,
    onStart() {},
    onProgress() {},
    onFinish: async (run) => void finished.push(run),
    onFail: async (run) => void failed.push(run),
  });
  const error = await ended.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { finished, failed, clashes, error };
}

describe('the queue', () => {
  it('does every run once, and never two that make the same files', async () => {
    const methods = fc.uniqueArray(fc.constantFrom('snip', 'lottery-ticket', 'magnitude-after-training', 'prospr'), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(methods, fc.integer({ min: 1, max: 4 }), async (used, workers) => {
        const runs = runsOf(used, [0.5, 0.9], 2);
        const { finished, clashes, error } = await process(runs, workers, () => undefined);
        expect(error).toBeUndefined();
        expect(clashes).toEqual([]);
        expect(new Set(finished)).toEqual(new Set(runs));
        expect(finished).toHaveLength(runs.length);
      }),
      { numRuns: 12 },
    );
  });

  it('goes on with the sparsities that share the scores it has', () => {
    const runs = runsOf(['snip', 'prospr'], [0.5, 0.9], 1);
    const snip = runs.filter(({ key }) => key.model === 'a' && key.method === 'snip');
    const others = runs.filter((run) => !snip.includes(run));
    expect(chooseNext([...others, snip[1]], [], snip[0])).toBe(snip[1]);
    // Another worker leaves them to the one that is at it.
    expect(chooseNext([snip[1], ...others], [snip[0]], undefined)).toBe(others[0]);
    expect(chooseNext([snip[1]], [snip[0]], undefined)).toBe(snip[1]);
  });

  it('leaves out a run that fails, and ends at a defect', async () => {
    const runs = runsOf(['snip'], [0.5, 0.9], 1);
    const isBad = ({ key }: SweepRun) => key.model === 'a' && key.sparsity === 0.9;
    const user = await process(runs, 2, (run) => (isBad(run) ? new UserError('diverged') : undefined));
    expect(user.failed).toEqual(runs.filter(isBad));
    expect(user.finished).toHaveLength(runs.length - 1);
    const defect = await process(runs, 1, (run) => (isBad(run) ? new TypeError('oh') : undefined));
    expect(defect.error).toBeInstanceOf(TypeError);
    expect(defect.finished.length).toBeLessThan(runs.length);
  });
});

describe('places for jobs', () => {
  it('are one for each GPU that the environment lets see', () => {
    expect(visibleGpus({}, ['null', 'nvidia10', 'nvidia2', 'nvidiactl', 'nvidia-uvm'])).toEqual(['2', '10']);
    expect(visibleGpus({ CUDA_VISIBLE_DEVICES: '1,3' }, ['nvidia0'])).toEqual(['1', '3']);
    expect(visibleGpus({ CUDA_VISIBLE_DEVICES: '' }, ['nvidia0'])).toEqual([]);
    expect(slotsFor('cuda', undefined, ['0', '1']).map(({ environment }) => environment)).toEqual([
      { CUDA_VISIBLE_DEVICES: '0' },
      { CUDA_VISIBLE_DEVICES: '1' },
    ]);
  });

  it('are one on a CPU, or as many as are asked for', () => {
    expect(slotsFor('cpu', undefined, ['0', '1'])).toHaveLength(1);
    const share = { name: 'cpu', environment: { PRUNELENS_THREADS: '2' } };
    expect(slotsFor('cpu', 3, [], 8)).toEqual([share, share, share]);
    expect(slotsFor('tensorflow', 4, [], 2)[3].environment).toEqual({ PRUNELENS_THREADS: '1' });
    expect(slotsFor('tensorflow', 2, ['0'], 2)[1].environment).toEqual({});
    expect(slotsFor('tensorflow', 3, ['0', '1']).map(({ name }) => name)).toEqual(['GPU 0', 'GPU 1', 'GPU 0']);
  });
});
