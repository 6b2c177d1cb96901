/** What `auto` tries, in which order. */
import type { Backend, BackendUse, Work } from '../types';
import { type KnownSpeeds, keep, knownSpeeds } from './known';
import { type Ranked, rank } from './rank';
import { MACS } from './stepProgram';

/**
 * Backends of the user's Python that are worth its start: those that are known to be fast, for training that takes the fastest other
 * backend longer than Python takes to be there.
 */
function worthPython(
  python: readonly Backend[],
  { measured }: KnownSpeeds,
  others: readonly Ranked[],
  { kind, macs }: Work,
): readonly Ranked[] {
  if (kind !== 'training') return [];
  const fastest = Math.max(0, ...others.map(({ speed }) => speed));
  const seconds = macs === undefined ? Number.POSITIVE_INFINITY : macs / (fastest * MACS);
  return python.flatMap(({ name }) => {
    const found = measured.get(name);
    return found && seconds > found.openSeconds ? [{ name, speed: found.speeds[kind] }] : [];
  });
}

/**
 * The order in which `auto` tries backends. Where there are several, those of which nothing is remembered are measured first; but
 * nothing is started in the user's Python for that.
 *
 * @param candidates Backends that are there, in the order of preference.
 * @param python Backends in the user's Python: they are taken where they were measured before.
 */
export async function autoOrder(
  candidates: readonly Backend[],
  python: readonly Backend[],
  use: BackendUse,
  work: Work,
): Promise<{ readonly order: readonly Backend[]; taken(name: string): Promise<void> }> {
  const allowed = use.trusted ? python : [];
  const ofPython = await knownSpeeds(allowed, use, 'none');
  if (candidates.length + ofPython.measured.size < 2) return { order: candidates, taken: async () => {} };
  const { measured, problems, choices } = await knownSpeeds(candidates, use, 'missing');
  for (const [name, problem] of problems) use.note?.(`the backend ${name} is passed over: ${problem}.`);
  const speedOf = (name: string) => measured.get(name)?.speeds[work.kind];
  const others = candidates.flatMap(({ name }) => {
    const speed = speedOf(name);
    return speed === undefined ? [] : [{ name, speed }];
  });
  const ranked = rank([...others, ...worthPython(allowed, ofPython, others, work)], choices[work.kind]);
  const all = [...candidates, ...allowed];
  return {
    order: ranked.map(({ name }) => all.find((backend) => backend.name === name)!),
    async taken(name) {
      // What is for long work only is no choice for all.
      if (name === choices[work.kind] || allowed.some((backend) => backend.name === name)) return;
      const { speed } = ranked.find((one) => one.name === name)!;
      use.note?.(`auto takes the backend ${name} for ${work.kind}: ${Math.round(speed)} images/s in a short step.`);
      await keep(use, (known) => ({ ...known, choices: { ...known.choices, [work.kind]: name } }));
    },
  };
}
