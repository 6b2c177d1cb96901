/** Measurements by turns: all that is compared is alive at once and computes in alternation, because machines drift. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A process that takes turns (`turns.ts`, `reference.py`): `turn()` gives seconds, `end()` the peak memory in megabytes. Rejects with the
 * message of the process where it cannot start.
 */
async function participant({ command, args, environment = {}, cwd }) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors = (errors + data).slice(-10_000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) {
        const message = errors.split('\n').find((line) => /^\w*Error: /.test(line)) ?? errors.split('\n').at(-2);
        throw new Error((message ?? `${command} ended`).trim().slice(0, 200));
      }
      if (value.startsWith('{')) return JSON.parse(value);
    }
  };
  const ready = await next();
  return {
    ready,
    async turn() {
      child.stdin.write('\n');
      return (await next()).seconds;
    },
    async end() {
      child.stdin.end();
      return (await next()).peakMegabytes;
    },
  };
}

/**
 * Lets the named participants take `rounds` turns each, in rotating order. Gives for each its seconds by round, what it said
 * when it was ready, and its peak memory; or why it could not start.
 */
export async function alternate(participants, rounds) {
  const results = {};
  const alive = [];
  for (const [name, start] of Object.entries(participants)) {
    try {
      alive.push([name, await participant(start)]);
      results[name] = { seconds: [] };
    } catch (error) {
      results[name] = { failure: error.message };
    }
  }
  for (let round = 0; round < rounds; round++) {
    const at = round % Math.max(1, alive.length);
    for (const [name, { turn }] of [...alive.slice(at), ...alive.slice(0, at)])
      results[name].seconds.push(await turn());
  }
  for (const [name, { ready, end }] of alive) Object.assign(results[name], ready, { peakMegabytes: await end() });
  return results;
}

/** The middle of values, and how far they spread: without the lowest and the highest where there are five or more. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = sorted.length >= 5 ? 1 : 0;
  return { median: sorted[Math.floor(sorted.length / 2)], low: sorted[cut], high: sorted[sorted.length - 1 - cut] };
}

/** Of one side's seconds to another's, round by round. */
export const ratios = (ours, theirs) => spread(ours.map((time, round) => time / theirs[round]));
