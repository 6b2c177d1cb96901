/** The runs beside the curves: which are shown, how far they are, and what can be done with them. */
import type { RunState, RunSummary } from '../../server/protocol/results';
import { element, setText, setVisible } from '../shared/elements';
import { duration, percent } from '../shared/format';
import { button, type Checkbox, checkbox } from '../toolkit';

export interface RunListActions {
  onToggle(run: string, shown: boolean): void;
  onStop(run: string): void;
  onResume(run: string): void;
}

export interface RunList {
  readonly root: HTMLElement;
  /** `colors` are those of the runs' curves. */
  update(runs: readonly RunSummary[], shown: ReadonlySet<string>, colors: ReadonlyMap<string, string>): void;
  /** Progress of a run on its way, `fraction` of all its epochs. */
  setProgress(run: string, fraction: number, secondsLeft: number | undefined): void;
}

const STATES: { readonly [State in RunState]: string } = {
  running: 'Running',
  finished: 'Finished',
  interrupted: 'Interrupted',
  failed: 'Failed',
};

interface Entry {
  readonly root: HTMLElement;
  readonly box: Checkbox;
  update(summary: RunSummary, shown: boolean, color: string): void;
  setProgress(fraction: number, secondsLeft: number | undefined): void;
}

/** `prospr · 98 % · seed 1` as far as known; nothing where the label says so. */
export function runFacts({ method, sparsity, seed, renamed, masked }: RunSummary): string {
  if (!renamed) return '';
  const parts = [
    masked ? (method ?? 'masked') : 'dense',
    !masked || sparsity === undefined ? undefined : percent(sparsity),
    seed === undefined ? undefined : `seed ${seed}`,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function createEntry({ run, label }: RunSummary, actions: RunListActions): Entry {
  const swatch = element('span', { class: 'swatch run-swatch', 'aria-hidden': 'true' });
  const box = checkbox(label, false, (shown) => actions.onToggle(run, shown));
  const state = element('span', { class: 'run-state' });
  const facts = element('div', { class: 'run-facts' });
  const reached = element('div', { class: 'run-facts' });
  const error = element('div', { class: 'run-error' });
  const filled = element('span', { class: 'progress-filled' });
  const progress = element(
    'div',
    { class: 'progress', role: 'progressbar', 'aria-label': `Progress of ${label}` },
    filled,
  );
  const left = element('span', { class: 'run-left' });
  const stop = button({ label: 'Stop', title: `Stop ${label}; it can be resumed`, onClick: () => actions.onStop(run) });
  const resume = button({ label: 'Resume', title: `Resume ${label}`, onClick: () => actions.onResume(run) });
  const root = element(
    'li',
    { class: 'run' },
    element('div', { class: 'run-head' }, swatch, box.root, state),
    facts,
    reached,
    error,
    progress,
    element('div', { class: 'run-actions' }, left, stop, resume),
  );
  function setProgress(fraction: number, secondsLeft: number | undefined): void {
    const whole = Math.round(100 * fraction);
    filled.style.width = `${100 * fraction}%`;
    progress.setAttribute('aria-valuenow', String(whole));
    setText(left, secondsLeft === undefined ? `${whole} %` : `${whole} %, ${duration(secondsLeft)} left`);
  }
  return {
    root,
    box,
    setProgress,
    update(summary, shown, color) {
      const { epochs, finishedEpochs, testAccuracy } = summary;
      swatch.style.background = color;
      if (box.isChecked() !== shown) box.setChecked(shown);
      box.root.textContent = summary.label;
      setText(state, STATES[summary.state]);
      state.dataset.state = summary.state;
      const accuracy = testAccuracy === undefined ? '' : ` · ${percent(testAccuracy)}`;
      setText(facts, runFacts(summary));
      setVisible(facts, facts.textContent !== '');
      setText(reached, `Epoch ${finishedEpochs} of ${epochs}${accuracy}`);
      setText(error, summary.error ?? '');
      setVisible(error, summary.error !== undefined);
      const isRunning = summary.state === 'running';
      setVisible(progress, isRunning);
      setVisible(left, isRunning);
      setVisible(stop, isRunning);
      setVisible(resume, summary.state === 'interrupted' || (summary.state === 'failed' && finishedEpochs < epochs));
      if (isRunning && left.textContent === '') setProgress(finishedEpochs / Math.max(1, epochs), undefined);
    },
  };
}

export function createRunList(actions: RunListActions): RunList {
  const list = element('ul', { class: 'runs', 'aria-label': 'Runs' });
  const entries = new Map<string, Entry>();
  return {
    root: element('nav', { class: 'run-panel' }, element('h2', {}, 'Runs'), list),
    update(runs, shown, colors) {
      for (const run of [...entries.keys()].filter((known) => !runs.some((one) => one.run === known))) {
        entries.get(run)!.root.remove();
        entries.delete(run);
      }
      runs.forEach((summary, at) => {
        const entry = entries.get(summary.run) ?? createEntry(summary, actions);
        entries.set(summary.run, entry);
        entry.update(summary, shown.has(summary.run), colors.get(summary.run) ?? 'transparent');
        if (list.children[at] !== entry.root) list.insertBefore(entry.root, list.children[at] ?? null);
      });
    },
    setProgress: (run, fraction, secondsLeft) => entries.get(run)?.setProgress(fraction, secondsLeft),
  };
}
