/** The check of the backend torch on a device: packed, in an empty folder, with the CPU as the device. */
import { execFile } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { markdownOf, type Report } from '../gpu/report';
import { ROOT, temporaryFolder } from '../support/command';
import { TEST_PYTHON, whyNoPython } from '../support/python';

const reason = whyNoPython();
const run = promisify(execFile);

describe('the report of a check', () => {
  const report: Report = {
    started: '2026-01-01T00:00:00.000Z',
    device: 'Card, PyTorch 2.13.0',
    isSmall: false,
    versions: { torch: '2.13.0', node: 'v20.0.0' },
    parts: [
      {
        name: 'a',
        title: 'Steps',
        state: 'passed',
        seconds: 2,
        findings: [
          { what: 'a|b', value: '1 ms' },
          { what: 'c', value: 'equal', passed: true },
        ],
      },
      {
        name: 'b',
        title: 'Memory',
        state: 'failed',
        seconds: 1,
        reason: 'It ended with: no card',
        findings: [{ what: 'c', value: 'other', passed: false }],
      },
      { name: 'c', title: 'Training', state: 'left out', reason: 'There is no data.', findings: [] },
    ],
  };

  it('begins with what became of each part, and has no section for one that was left out', () => {
    const lines = markdownOf(report).split('\n');
    expect(lines[2]).toBe('Card, PyTorch 2.13.0; node v20.0.0. Begun 2026-01-01T00:00:00.000Z.');
    expect(lines[4]).toMatch(/^3 parts: 1 passed, 1 failed, 1 left out\. Ratios are/);
    expect(lines.filter((line) => /^\| (Steps|Memory|Training)/.test(line))).toEqual([
      '| Steps | passed | 2.0 s |  |',
      '| Memory | **failed** | 1.0 s |  |',
      '| Training | left out |  | There is no data. |',
    ]);
    expect(lines.filter((line) => line.startsWith('## '))).toEqual([
      '## Steps: passed (2.0 s)',
      '## Memory: **failed** (1.0 s)',
    ]);
    expect(lines).toEqual(
      expect.arrayContaining([
        '| a\\|b | 1 ms | measured |',
        '| c | equal | right |',
        '| c | other | **wrong** |',
        'It ended with: no card',
      ]),
    );
  });

  it('tells that small networks say nothing of speed', () => {
    expect(markdownOf({ ...report, isSmall: true }).split('\n')[4]).toMatch(/passed, .* nothing of the speed/);
  });
});

describe.skipIf(reason !== undefined)(
  reason === undefined ? 'the check of a device' : `left out because ${reason}`,
  () => {
    const folder = realpathSync(temporaryFolder());
    const packed = join(folder, 'packed');
    const out = join(folder, 'out');

    /** Nothing of this checkout is at hand there, but Node. */
    const check = (...args: string[]) =>
      run(join(packed, 'gpu-check'), ['--python', TEST_PYTHON, '--device', 'cpu', '--out', out, ...args], {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder },
      });
    const report = (): Report => JSON.parse(readFileSync(join(out, 'gpu-check.json'), 'utf8'));

    beforeAll(async () => {
      await run(process.execPath, [join(ROOT, 'test', 'gpu', 'pack.mjs'), packed, '--no-runtime']);
    });

    it('finds in its small form that all is right, and writes it', async () => {
      // As long as a busy machine takes.
      await check('--small', '--skip', 'same-seed', '--seconds', '500');
      const { parts, device, versions } = report();
      expect(device).toMatch(/PyTorch \d/);
      expect(versions).toMatchObject({ torch: expect.any(String), node: process.version });
      expect(parts.map(({ name, state }) => `${name}: ${state}`)).toEqual([
        'operations: passed',
        'golden: passed',
        'memory: passed',
        'step: passed',
        'prospr: passed',
        'side-by-side: passed',
        'large-step: passed',
        'criteria: passed',
        'devices: passed',
        'semi-structured: left out',
        'other-backends: passed',
        'training: left out',
        'experiment: left out',
      ]);
      for (const { findings, state } of parts) if (state === 'passed') expect(findings.length).toBeGreaterThan(0);
      const text = readFileSync(join(out, 'gpu-check.md'), 'utf8');
      expect(text).toMatch(/## Every operation: passed \(/);
      expect(text).toContain('CIFAR-10 is not at hand: name its folder with --data.');
      expect(text).toMatch(/\| step of ResNet-20 in float32, batch 8 \| .* ratio \d/);
      expect(text).toMatch(
        /\| 20 steps of ResNet-20 in float32 on cpu and cpu \| weights apart by \S+; .* \| right \|/,
      );
      expect(text).toContain('Say how long it may take with --minutes.');
    }, 600_000);

    it('tells of a part that cannot be done, and does the others', async () => {
      const failing = check('--small', '--parts', 'training,memory', '--data', join(folder, 'nothing'));
      await expect(failing).rejects.toMatchObject({ code: 1 });
      expect(report().parts).toMatchObject([
        { name: 'training', state: 'failed', reason: expect.stringContaining('nothing') },
        { name: 'memory', state: 'passed' },
      ]);
    });

    it('begins no part after its time, and knows its parts', async () => {
      await check('--small', '--parts', 'golden', '--seconds', '0');
      expect(report().parts).toMatchObject([{ state: 'left out', reason: '0 seconds were over (--seconds).' }]);
      await expect(check('--parts', 'speed')).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/no part speed; there are operations, golden, /),
      });
    });
  },
);
