/** Which backend `auto` takes: what is measured, what is remembered, and when it changes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { autoOrder } from '../../../server/executors/ranking/auto';
import { measureBackend } from '../../../server/executors/ranking/measure';
import { recall, remember } from '../../../server/executors/ranking/memory';
import { passedOver, rank } from '../../../server/executors/ranking/rank';
import { createStep, MACS } from '../../../server/executors/ranking/stepProgram';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { listBackends, openExecutor } from '../../../server/executors/select';
import type { Backend, BackendUse, Executor } from '../../../server/executors/types';

describe('the order', () => {
  const [slow, fast, faster] = [
    { name: 'slow', speed: 50 },
    { name: 'fast', speed: 100 },
    { name: 'faster', speed: 109 },
  ];

  it('begins with the fastest, and changes only beyond 10 %', () => {
    expect(rank([slow, fast, faster], undefined)).toEqual([faster, fast, slow]);
    expect(rank([slow, fast, faster], 'fast')).toEqual([fast, faster, slow]);
    expect(rank([slow, fast, { ...faster, speed: 111 }], 'fast')[0].name).toBe('faster');
    expect(rank([slow, fast], 'gone')).toEqual([fast, slow]);
  });

  it('says why one is passed over', () => {
    const ranked = rank([slow, fast, faster], undefined);
    expect(ranked.map((one) => passedOver(one, ranked))).toEqual([
      undefined,
      'passed over: faster is about as fast',
      'passed over: faster is 2.2 times as fast',
    ]);
  });
});

describe('speeds', () => {
  const notes: string[] = [];
  const use: BackendUse = { trusted: true, note: (text) => notes.push(text) };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
    notes.length = 0;
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    });
  });

  function backend(name: string, more: Partial<Backend> = {}): Backend {
    return {
      ...{ name, title: name, description: name },
      identity: () => '1',
      probe: async () => ({ available: true, device: name }),
      open: async () => ({ ...createReferenceExecutor(), backend: name }),
      ...more,
    };
  }

  /** As if these had been measured, training images a second by name; opening them took 10 s. */
  const measured = (speeds: { readonly [name: string]: number }, identity = '1') =>
    remember(({ choices }) => ({
      choices,
      speeds: Object.fromEntries(
        Object.entries(speeds).map(([name, training]) => [
          name,
          { speeds: { training, scoring: training }, openSeconds: 10, identity },
        ]),
      ),
    }));

  const names = async (...given: Parameters<typeof autoOrder>) =>
    (await autoOrder(...given)).order.map(({ name }) => name);
  const training = { kind: 'training' } as const;

  it('are remembered, by what computes', async () => {
    await measured({ a: 10, b: 20 });
    const [a, b] = [backend('a'), backend('b')];
    expect(await names([a, b], [], use, training)).toEqual(['b', 'a']);
    expect((await recall()).speeds).toHaveProperty('a');
    // Damaged, the file is made anew.
    const file = join(folder, 'prunelens', 'speeds.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'prunelens-speeds-1' });
    writeFileSync(file, '{');
    expect(await recall()).toEqual({ speeds: {}, choices: {} });
  });

  it('are not asked for where there is no choice', async () => {
    const open = vi.fn();
    expect(await names([backend('a', { open })], [], use, training)).toEqual(['a']);
    expect(open).not.toHaveBeenCalled();
  });

  it('leave out a backend that does not work, and say so', async () => {
    await measured({ a: 10 });
    const open = () => Promise.reject(new Error('no device'));
    expect(await names([backend('broken', { open }), backend('a')], [], use, training)).toEqual(['a']);
    expect(notes).toEqual(['the backend broken is passed over: no device.']);
  });

  it('are those of both kinds of work, and only loss and gradients are read in scoring', async () => {
    // One step of each kind in the reference takes seconds; its programs alone do not.
    const [step, scoring] = [createStep('training'), createStep('scoring')];
    expect(Object.keys(step.outputs)).toContain('kernel0 after');
    expect(Object.keys(scoring.outputs)).toContain('gradient of kernel0');
    expect(MACS).toBeGreaterThan(5e6);
    const wrong = {
      ...createReferenceExecutor(),
      compile: () => Promise.reject(new Error('no compiler.')),
    } as Executor;
    expect(await measureBackend(backend('a', { open: async () => wrong }), use)).toEqual({
      problem: 'its self-test fails: no compiler',
    });
  });

  it('make `auto` take the fastest, remember its choice, and say when it changes', async () => {
    await measured({ a: 100, b: 90 });
    const known = [backend('b'), backend('a')];
    const open = () => openExecutor({ backend: 'auto' }, { trusted: true, known, onNote: (text) => notes.push(text) });
    expect((await open()).backend).toBe('a');
    expect((await open()).backend).toBe('a');
    expect(notes).toEqual(['auto takes the backend a for training: 100 images/s in a short step.']);
    await measured({ a: 100, b: 109 });
    expect((await open()).backend).toBe('a');
    await measured({ a: 100, b: 120 });
    expect((await open()).backend).toBe('b');
    expect(notes.slice(1)).toEqual(['auto takes the backend b for training: 120 images/s in a short step.']);
  });

  it('let `auto` start Python only where it is worth that', async () => {
    await measured({ a: 100, torch: 400 });
    const [a, torch] = [backend('a'), backend('torch', { usesPython: true, byNameOnly: true })];
    const order = (more: Partial<BackendUse>, work: Parameters<typeof autoOrder>[3]) =>
      names([a], [torch], { ...use, ...more }, work);
    expect(await order({}, training)).toEqual(['torch', 'a']);
    // 10 s until it is there: as long as `a` computes 1000 images.
    expect(await order({}, { ...training, macs: 999 * MACS })).toEqual(['a']);
    expect(await order({}, { ...training, macs: 1001 * MACS })).toEqual(['torch', 'a']);
    expect(await order({}, { kind: 'scoring' })).toEqual(['a']);
    expect(await order({ trusted: false }, training)).toEqual(['a']);
    await measured({ a: 100, torch: 400 }, 'another version');
    expect(await order({}, training)).toEqual(['a']);
  });

  it('rank the list of backends, with the reasons', async () => {
    await measured({ a: 50, b: 100 });
    const missing = backend('missing', { probe: async () => ({ available: false, reason: 'It is not there.' }) });
    const software = backend('slow', { probe: async () => ({ available: true, device: 'slow', software: true }) });
    const list = await listBackends(use, 'none', [missing, software, backend('a'), backend('b'), backend('new')]);
    expect(
      list.map(({ name, passedOver: why, speeds, byNameOnly }) => [name, speeds?.training, why, byNameOnly]),
    ).toEqual([
      ['b', 100, undefined, false],
      ['a', 50, 'passed over: b is 2.0 times as fast', false],
      ['slow', undefined, undefined, true],
      ['new', undefined, undefined, false],
      ['missing', undefined, undefined, false],
    ]);
  });
});
