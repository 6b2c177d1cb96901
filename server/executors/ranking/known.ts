/** Speeds of backends: those that are remembered, and those that are measured now. */
import type { Backend, BackendUse } from '../types';
import { type Measured, measureBackend } from './measure';
import { type Remembered, recall, remember } from './memory';

/** Which backends are measured: none, those of which nothing is remembered, or all. */
export type Measuring = 'none' | 'missing' | 'all';

export interface KnownSpeeds {
  readonly measured: ReadonlyMap<string, Measured>;
  /** Of backends that were tried and do not work: clauses. */
  readonly problems: ReadonlyMap<string, string>;
  readonly choices: Remembered['choices'];
}

/** What is remembered of a backend as it is now. */
function remembered({ speeds }: Remembered, { name, identity }: Backend, use: BackendUse): Measured | undefined {
  const found = speeds[name];
  return found?.identity === identity(use) ? found : undefined;
}

/**
 * The speeds of backends, measured as far as asked for, one after the other. What was measured is remembered; where that cannot be
 * written, `use.note` is told.
 */
export async function knownSpeeds(
  backends: readonly Backend[],
  use: BackendUse,
  measuring: Measuring,
): Promise<KnownSpeeds> {
  const memory = await recall();
  const measured = new Map<string, Measured>();
  const problems = new Map<string, string>();
  for (const backend of backends) {
    const { name, identity } = backend;
    const known = measuring === 'all' ? undefined : remembered(memory, backend, use);
    if (known) measured.set(name, known);
    if (known || measuring === 'none') continue;
    const found = await measureBackend(backend, use);
    if ('problem' in found) problems.set(name, found.problem);
    else {
      measured.set(name, found);
      await keep(use, ({ speeds, choices }) => ({
        speeds: { ...speeds, [name]: { ...found, identity: identity(use) } },
        choices,
      }));
    }
  }
  return { measured, problems, choices: memory.choices };
}

/** Remembers something, and goes on where that is not possible. */
export async function keep({ note }: BackendUse, change: (known: Remembered) => Remembered): Promise<void> {
  try {
    await remember(change);
  } catch (error) {
    note?.(`The speeds of backends cannot be remembered: ${error instanceof Error ? error.message : String(error)}`);
  }
}
