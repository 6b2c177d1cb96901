/**
 * Measurements by turns: all that is compared is alive at once and computes in alternation, because machines drift. Who waits for its
 * turn is stopped: the threads of some libraries spin while they have no work, and would take the time of whose turn it is.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A process that takes turns (`turns.ts`, `reference.py`): `turn()` gives seconds, `end()` the peak memory in megabytes. Rejects with the
 * message of the process where it cannot start.
 */
async function participant({ command, args, environment = {}, cwd }) {
  const env = { ...process.env, ...environment };
  // A group of its own, so that the processes it starts stand still with it.
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const signal = (name) => child.exitCode === null && child.signalCode === null && process.kill(-child.pid, name);
  const kill = () => signal('SIGKILL');
  process.once('exit', kill);
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
  signal('SIGSTOP');
  return {
    ready,
    async turn() {
      signal('SIGCONT');
      child.stdin.write('\n');
      const { seconds } = await next();
      signal('SIGSTOP');
      return seconds;
    },
    async end() {
      signal('SIGCONT');
      child.stdin.end();
      const { peakMegabytes } = await next();
      process.off('exit', kill);
      return peakMegabytes;
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
