/** The runs beside the curves: which are shown, how far they are, and what can be done with them. */
import type { VNode } from 'preact';
import type { RunState, RunSummary } from '../../server/protocol/results';
import { duration, exactPercent } from '../shared/format';
import { Button, Checkbox } from '../shared/toolkit';
import { reachedText, toBaselineText } from './selectors';
import type { Progress } from './state';

export interface RunListActions {
  onToggleRun(run: string, isOn: boolean): void;
  onStop(run: string): void;
  onResume(run: string): void;
  /** Pins the run that others are held against, or none. */
  onBaseline(run: string | undefined): void;
}

export interface RunListProperties {
  readonly runs: readonly RunSummary[];
  readonly shown: readonly string[];
  /** The run that others are held against. */
  readonly baseline?: string;
  /** Of the runs' curves. */
  readonly colors: ReadonlyMap<string, string>;
  readonly progress: ReadonlyMap<string, Progress>;
  readonly actions: RunListActions;
}

const STATES: { readonly [State in RunState]: string } = {
  running: 'Running',
  finished: 'Finished',
  interrupted: 'Interrupted',
  failed: 'Failed',
};

/** `prospr · 98 % · seed 1` as far as known; nothing where the label says so. */
function runFacts({ method, sparsity, seed, renamed, masked }: RunSummary): string {
  if (!renamed) return '';
  const parts = [
    masked ? (method ?? 'masked') : 'dense',
    !masked || sparsity === undefined ? undefined : exactPercent(sparsity),
    seed === undefined ? undefined : `seed ${seed}`,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

interface EntryProperties {
  readonly summary: RunSummary;
  readonly isShown: boolean;
  /** Undefined where none is pinned. */
  readonly baseline: RunSummary | undefined;
  readonly color: string;
  readonly progress: Progress;
  readonly actions: RunListActions;
}

function Entry({ summary, isShown, baseline, color, progress, actions }: EntryProperties): VNode {
  const { run, label, state, error, epochs, finishedEpochs } = summary;
  const facts = runFacts(summary);
  const isRunning = state === 'running';
  const canResume = state === 'interrupted' || (state === 'failed' && finishedEpochs < epochs);
  const whole = Math.round(100 * progress.fraction);
  const { secondsLeft } = progress;
  const isBaseline = baseline?.run === run;
  const difference = toBaselineText(summary, baseline);
  return (
    <li class="run">
      <div class="run-head">
        <span class="swatch run-swatch" aria-hidden="true" style={{ background: color }} />
        <Checkbox label={label} checked={isShown} onChange={(isOn) => actions.onToggleRun(run, isOn)} />
        <span class="run-state" data-state={state}>
          {STATES[state]}
        </span>
        <button
          class="run-pin"
          type="button"
          aria-pressed={isBaseline}
          aria-label={`Baseline: ${label}`}
          title={isBaseline ? 'No baseline any more' : 'Hold the others against this run'}
          onClick={() => actions.onBaseline(isBaseline ? undefined : run)}
        >
          ⚑
        </button>
      </div>
      <div class="run-facts" hidden={facts === ''}>
        {facts}
      </div>
      <div class="run-facts">
        {reachedText(summary)}
        {difference !== '' && <span title={`To ${baseline?.label}`}> · {difference}</span>}
        {isBaseline && ' · baseline'}
      </div>
      <div class="run-error" hidden={error === undefined}>
        {error}
      </div>
      <div
        class="progress"
        role="progressbar"
        aria-label={`Progress of ${label}`}
        aria-valuenow={whole}
        hidden={!isRunning}
      >
        <span class="progress-filled" style={{ width: `${100 * progress.fraction}%` }} />
      </div>
      <div class="run-actions">
        <span class="run-left" hidden={!isRunning}>
          {secondsLeft === undefined ? `${whole} %` : `${whole} %, ${duration(secondsLeft)} left`}
        </span>
        <Button
          label="Stop"
          title={`Stop ${label}; it can be resumed`}
          hidden={!isRunning}
          onClick={() => actions.onStop(run)}
        />
        <Button label="Resume" title={`Resume ${label}`} hidden={!canResume} onClick={() => actions.onResume(run)} />
      </div>
    </li>
  );
}

export function RunList({ runs, shown, baseline, colors, progress, actions }: RunListProperties): VNode {
  const pinned = runs.find(({ run }) => run === baseline);
  return (
    <nav class="run-panel">
      <h2>Runs</h2>
      <ul class="runs" aria-label="Runs">
        {runs.map((summary) => {
          const { run, finishedEpochs, epochs } = summary;
          return (
            <Entry
              key={run}
              summary={summary}
              isShown={shown.includes(run) || run === baseline}
              baseline={pinned}
              color={colors.get(run) ?? 'transparent'}
              progress={progress.get(run) ?? { fraction: finishedEpochs / Math.max(1, epochs) }}
              actions={actions}
            />
          );
        })}
      </ul>
    </nav>
  );
}
