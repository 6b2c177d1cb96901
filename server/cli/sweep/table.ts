/** The table of a sweep while it runs: a line a network and method, a column a sparsity. */
import { formatSeconds } from '../../format';
import type { RunKey, RunOutcome } from '../../protocol/comparison';
import { judgedBy } from '../../protocol/metricKeys';
import type { SweepPlan } from '../../sweep/expand';

/** What is known of a run. */
export type RunState =
  | { readonly kind: 'planned' }
  | { readonly kind: 'running'; readonly worker: string; readonly detail: string; readonly fraction: number }
  | { readonly kind: 'finished'; readonly outcome: RunOutcome }
  | { readonly kind: 'failed' };

export interface LiveState {
  readonly plan: SweepPlan;
  readonly stateOf: (key: RunKey) => RunState;
  readonly secondsLeft: number | undefined;
}

const NAME_WIDTH = 30;
const CELL_WIDTH = 7;

const percentage = (fraction: number) => `${Number((100 * fraction).toFixed(1))}`;

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** At most `count` of the values, evenly spread, first and last among them. */
export function spread<T>(values: readonly T[], count: number): T[] {
  if (values.length <= count) return [...values];
  if (count < 2) return values.slice(0, Math.max(0, count));
  const indices = Array.from({ length: count }, (_, i) => Math.round((i * (values.length - 1)) / (count - 1)));
  return [...new Set(indices)].map((index) => values[index]);
}

/** Mean over the seeds that are finished of what they are judged by; `…` while one runs, `·` while none has, `failed` where all have. */
function cell(states: readonly RunState[]): string {
  const measured = states.flatMap((state) => (state.kind === 'finished' ? (judgedBy(state.outcome.final) ?? []) : []));
  const isRunning = states.some(({ kind }) => kind === 'running');
  if (measured.length > 0) {
    const mean = measured.reduce((sum, { value }) => sum + value, 0) / measured.length;
    const text = measured[0].metric.format === 'percent' ? (100 * mean).toFixed(1) : mean.toPrecision(3);
    return `${text}${isRunning ? '…' : ''}`;
  }
  if (isRunning) return '…';
  return states.length > 0 && states.every(({ kind }) => kind === 'failed') ? 'failed' : states.length > 0 ? '·' : '';
}

/** The table as lines that fit `columns` characters and `rows` lines. */
export function formatLive({ plan, stateOf, secondsLeft }: LiveState, columns: number, rows: number): string[] {
  const states = plan.runs.map(({ key }) => ({ key, state: stateOf(key) }));
  const sparsities = [...new Set(plan.runs.map(({ key }) => key.sparsity))].sort((a, b) => a - b);
  const shown = spread(sparsities, Math.floor((columns - NAME_WIDTH) / CELL_WIDTH));
  const line = (name: string, cells: readonly string[]) =>
    `${clip(name, NAME_WIDTH - 1).padEnd(NAME_WIDTH)}${cells.map((text) => text.padStart(CELL_WIDTH)).join('')}`.trimEnd();
  const table = plan.networks.flatMap(({ label }) => [
    line(
      label,
      shown.map((sparsity) => `${percentage(sparsity)} %`),
    ),
    ...plan.variants.map(({ name, title }) =>
      line(
        `  ${title}`,
        shown.map((sparsity) => {
          const own = states.filter(
            ({ key }) => key.model === label && key.method === name && key.sparsity === sparsity,
          );
          return cell(own.map(({ state }) => state));
        }),
      ),
    ),
  ]);
  const running = states.flatMap(({ key, state }) => {
    if (state.kind !== 'running') return [];
    const what = `${key.model}  ${key.method} ${percentage(key.sparsity)} %  seed ${key.seed}`;
    return [clip(`${state.worker}: ${what}  ${state.detail}`, columns)];
  });
  const count = (kind: RunState['kind']) => states.filter(({ state }) => state.kind === kind).length;
  const failed = count('failed') > 0 ? `, ${count('failed')} failed` : '';
  const left = secondsLeft === undefined ? '' : `, about ${formatSeconds(secondsLeft)} left`;
  const last = [...running, `${count('finished')} of ${states.length} runs${failed}${left}`];
  const room = Math.max(1, rows - last.length - 1);
  const kept = table.length > room ? [...table.slice(0, room - 1), `  … ${table.length - room + 1} lines more`] : table;
  return [...kept, ...last];
}
