/** Programs as CUDA graphs, with a stand-in for the graphs: no card is needed for what we do around them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TEST_PYTHON, whyNoPython } from '../../support/python';

const reason = whyNoPython();
const script = join(import.meta.dirname, '..', '..', 'support', 'graph_replays.py');

describe.skipIf(reason !== undefined)(reason === undefined ? 'CUDA graphs' : `left out because ${reason}`, () => {
  it('are captured after three runs, give what the program gives, and are given up in one sentence', () => {
    const { status, stdout, stderr } = spawnSync(TEST_PYTHON, ['-B', script], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results).toEqual([
      { equal: true, eagerRuns: 3 },
      { equal: true, eagerRuns: 6 },
      { equal: true, eagerRuns: 8 },
      { equal: true, eagerRuns: 8 },
    ]);
    const told = stderr.split('\n').filter((line) => line.startsWith('PruneLens: '));
    const sentence = 'PruneLens: step runs operation by operation, as it cannot be captured as a CUDA graph:';
    expect(told).toEqual([
      `${sentence} operation not permitted`,
      `${sentence} the device has too little memory for it`,
    ]);
  });
});
