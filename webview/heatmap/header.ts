/** What stands above the layers: which model and methods, the slider, and what there is to be warned of. */
import type { ModelEntry } from '../../server/protocol/editor';
import type { Overlap, ScoreSummary, Selection } from '../../server/protocol/results';
import type { MethodChoice } from '../../server/protocol/webview';
import { element, setText, setVisible } from '../shared/elements';
import { baseName, count, percent } from '../shared/format';
import type { ExportFormat } from '../shared/pictures';
import { button, dropdown } from '../toolkit';
import { createSlider, type SliderOptions } from './slider';

export interface HeaderActions extends SliderOptions {
  onModel(model: string): void;
  onMethod(method: string): void;
  /** The method to compare with; empty for none. */
  onCompare(method: string): void;
  onScore(method: string): void;
  onExport(format: ExportFormat): void;
  onExportMasks(): void;
}

export interface HeaderState {
  readonly models: readonly ModelEntry[];
  readonly model: string;
  readonly methods: readonly MethodChoice[];
  readonly scores: readonly ScoreSummary[];
  readonly shown?: ScoreSummary;
  readonly compared?: ScoreSummary;
  readonly stale: boolean;
}

export interface Header {
  readonly root: HTMLElement;
  update(state: HeaderState): void;
  setSparsity(sparsity: number): void;
  isSliderHeld(): boolean;
  setSelection(selection: Selection | undefined, overlap: Overlap | undefined): void;
  /** Says so where the shown score was made for another sparsity, and holds for that one only. */
  setAim(shown: ScoreSummary | undefined, sparsity: number): void;
  /** What runs at the moment, or undefined. */
  setWork(text: string | undefined): void;
}

const NONE = '';

/** `model.ts · resnet20` of a model's specifier. */
export function modelLabel(model: string): string {
  const [file, name] = model.split('#');
  return [baseName(file), name === 'default' ? undefined : name].filter(Boolean).join(' · ');
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}

/** Methods with a score first, as the other ones have to be run before they can be shown. */
function methodChoices({ methods, scores }: HeaderState) {
  const scored = scores.map(({ method, title }) => ({ value: method, label: title }));
  const others = methods
    .filter(({ name }) => !scores.some(({ method }) => method === name))
    .map(({ name, title }) => ({ value: name, label: `${title} (score now)` }));
  return [...scored, ...others];
}

export function createHeader(actions: HeaderActions): Header {
  const model = dropdown('Model', 'model', actions.onModel);
  const method = dropdown('Method', 'method', actions.onMethod);
  const compare = dropdown('Compare with', 'compare', actions.onCompare);
  const slider = createSlider(actions);
  const kept = element('output', { class: 'kept', 'aria-live': 'polite', for: 'sparsity' });
  const overlapText = element('span', { class: 'overlap' });
  const facts = element('span', { class: 'facts' });
  const work = element('div', { class: 'work', role: 'status' });
  const warnings = element('div', { class: 'warnings', role: 'status' });
  const aim = element('div', { class: 'notice', id: 'aim', role: 'status' });
  let scoreAgain = () => {};
  const stale = element(
    'div',
    { class: 'notice' },
    element('span', { class: 'badge badge-warning' }, 'Out of date'),
    element('span', {}, 'The architecture or the settings have changed since it was scored.'),
    button({ label: 'Score again', onClick: () => scoreAgain() }),
  );
  const formats = (['png', 'svg', 'csv'] as const).map((format) =>
    button({
      label: format.toUpperCase(),
      title: `Export as ${format.toUpperCase()}`,
      properties: { 'data-export': format },
      onClick: () => actions.onExport(format),
    }),
  );
  const files = element(
    'div',
    { class: 'toolbar toolbar-end', role: 'group', 'aria-label': 'Export' },
    element('span', { class: 'toolbar-label' }, 'Export'),
    ...formats,
    button({ label: 'Masks…', title: 'Export the masks at this sparsity', onClick: actions.onExportMasks }),
  );
  const sliderLine = element(
    'div',
    { class: 'slider-line' },
    slider.root,
    element('div', { class: 'kept-line' }, kept, overlapText),
  );
  const root = element(
    'header',
    { class: 'page-header' },
    element('div', { class: 'toolbar' }, model.root, method.root, compare.root, files),
    sliderLine,
    element('div', { class: 'status-line' }, facts, work),
    stale,
    aim,
    warnings,
  );
  setVisible(stale, false);
  setVisible(aim, false);

  return {
    root,
    update(state) {
      const { models, shown, compared, scores } = state;
      const known = models.map((entry) => ({ value: entry.model, label: modelLabel(entry.model) }));
      const isListed = known.some(({ value }) => value === state.model);
      model.update(isListed ? known : [{ value: state.model, label: modelLabel(state.model) }, ...known], state.model);
      const prompt = shown ? [] : [{ value: NONE, label: 'Choose…' }];
      method.update([...prompt, ...methodChoices(state)], shown?.method ?? NONE);
      const others = scores.filter(({ method: name }) => name !== shown?.method);
      const none = { value: NONE, label: others.length > 0 ? 'None' : 'None (score a second method)' };
      compare.update(
        [none, ...others.map(({ method: name, title }) => ({ value: name, label: title }))],
        compared?.method ?? NONE,
      );
      setVisible(stale, state.stale && shown !== undefined);
      scoreAgain = () => shown && actions.onScore(shown.method);
      setVisible(sliderLine, shown !== undefined);
      setVisible(files, shown !== undefined);
      setText(
        facts,
        shown
          ? [
              `${shown.title}, seed ${shown.seed}`,
              ...(shown.data ? [shown.data] : []),
              `${shown.device} (${shown.backend}), ${shown.seconds.toFixed(1)} s`,
            ].join(' · ')
          : '',
      );
    },
    setSparsity: slider.set,
    isSliderHeld: slider.isHeld,
    setSelection(selection, overlap) {
      setText(
        kept,
        selection
          ? `${count(selection.kept)} of ${count(selection.prunable)} kept (${percent(selection.kept / selection.prunable)})`
          : '',
      );
      setText(overlapText, overlap ? `Mask overlap (IoU) ${overlap.iou.toFixed(3)}` : '');
      const { collapsed = [], disconnected = [] } = selection ?? {};
      const problems = [
        ...(collapsed.length > 0 ? [`Nothing is left of ${listed(collapsed)}: the network cannot learn.`] : []),
        ...(disconnected.length > 0 ? [`On no path from input to output: ${listed(disconnected)}.`] : []),
      ];
      if (warnings.dataset.shown === problems.join()) return;
      warnings.dataset.shown = problems.join();
      warnings.replaceChildren(
        ...problems.map((problem) =>
          element('div', { class: 'notice notice-warning' }, element('span', { 'aria-hidden': 'true' }, '⚠'), problem),
        ),
      );
    },
    setAim(shown, sparsity) {
      const isOther = shown?.aim !== undefined && shown.aim !== sparsity;
      setVisible(aim, isOther);
      if (!isOther) return;
      setText(
        aim,
        `${shown.title} makes its scores for one sparsity. These are for ${percent(shown.aim!)}: when you let go of the ` +
          `slider, it scores again for ${percent(sparsity)}.`,
      );
    },
    setWork: (text) => setText(work, text ?? ''),
  };
}
