/** Whether a stored run may be continued. */
import { FORMER_OBJECTIVE } from '../protocol/catalogue/objectives';
import { UserError } from '../protocol/errors';
import type { RunIdentity } from './types';

/** Without what else an object holds. */
function pickIdentity({ network, backend, precision, data, training }: RunIdentity): RunIdentity {
  return { network, backend, ...(precision !== undefined && { precision }), data, training };
}

/**
 * Throws a UserError that names the settings in which the run stored in `path` differs from the wanted one. The number of
 * epochs may differ, unless the schedule is cosine, where every step's learning rate depends on it.
 */
export function checkSameRun(stored: RunIdentity, wanted: RunIdentity, path: string): void {
  const extensible = wanted.training.schedule.kind !== 'cosine';
  const before = flatten(pickIdentity(stored));
  const now = flatten(wanted);
  const differing = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) =>
      before.get(key) !== now.get(key) &&
      !(extensible && key === 'training.epochs') &&
      !(key === 'training.objective' && !before.has(key) && now.get(key) === JSON.stringify(FORMER_OBJECTIVE)),
  );
  if (differing.length === 0) return;
  const list = differing.map((key) => `${key} (${before.get(key) ?? 'unset'} there, ${now.get(key) ?? 'unset'} now)`);
  const reason = differing.includes('training.epochs')
    ? 'The cosine schedule spans all epochs, so their number cannot change.'
    : undefined;
  const hint = 'Resume with the settings the run was started with, or start a new run in another folder.';
  throw new UserError(`The run in ${path} cannot be resumed, since it differs in ${list.join(', ')}.`, {
    kind: 'usage',
    hint: reason ? `${reason} ${hint}` : hint,
  });
}

/** The leaves of an object as JSON, by their path; lists are leaves. */
export function flatten(value: object, prefix = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) {
      for (const [path, leaf] of flatten(entry, `${prefix}${key}.`)) leaves.set(path, leaf);
    } else if (entry !== undefined) leaves.set(`${prefix}${key}`, JSON.stringify(entry));
  }
  return leaves;
}
