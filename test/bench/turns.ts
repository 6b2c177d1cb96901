/**
 * The side of a process in measurements by turns: what is compared is alive at once and computes in alternation, so that a machine that
 * drifts slows all of it alike.
 */
import { createInterface } from 'node:readline';

/** Work that can be repeated; `run` gives the seconds that count. */
export interface Prepared {
  readonly compileSeconds?: number;
  run(): Promise<number>;
}

/** A turn lasts at least so long, and at least one repeat. */
const TURN_SECONDS = 0.8;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

/**
 * Says that it is ready, then takes a turn for each line of standard input and prints its median seconds; at the end of the
 * input, the peak memory in megabytes.
 */
export async function takeTurns(
  { run, compileSeconds }: Prepared,
  { device, peakMegabytes }: { readonly device: string; peakMegabytes(): number },
): Promise<void> {
  say({ ready: true, compileSeconds, device });
  for await (const _ of createInterface({ input: process.stdin })) {
    const times: number[] = [];
    const start = performance.now();
    do times.push(await run());
    while (performance.now() - start < TURN_SECONDS * 1000);
    say({ seconds: median(times) });
  }
  say({ peakMegabytes: peakMegabytes() });
}
