/** The sparsity: a slider on a logarithmic scale of what is left, and the number itself. */
import { element } from '../shared/elements';
import {
  clampSparsity,
  HIGHEST_SPARSITY,
  LOWEST_SPARSITY,
  SLIDER_STEPS,
  SPARSITY_MARKS,
  sparsityAt,
  stepOf,
} from '../shared/sparsity';

export interface SliderOptions {
  /** Every change by the user, also in the middle of a drag. */
  onInput(sparsity: number): void;
  /** The user has let go, or typed a number. */
  onRelease(sparsity: number): void;
}

export interface Slider {
  readonly root: HTMLElement;
  set(sparsity: number): void;
  isHeld(): boolean;
}

const percentValue = (sparsity: number) => String(Number((100 * sparsity).toFixed(3)));

export function createSlider({ onInput, onRelease }: SliderOptions): Slider {
  const range = element('input', {
    type: 'range',
    id: 'sparsity',
    min: '0',
    max: String(SLIDER_STEPS),
    step: '1',
    'aria-label': 'Sparsity',
  }) as HTMLInputElement;
  const number = element('input', {
    type: 'number',
    id: 'sparsity-number',
    min: percentValue(LOWEST_SPARSITY),
    max: percentValue(HIGHEST_SPARSITY),
    step: '0.1',
    'aria-label': 'Sparsity in percent',
  }) as HTMLInputElement;
  let held = false;

  function showOnRange(sparsity: number): void {
    const step = stepOf(sparsity);
    range.value = String(step);
    range.style.setProperty('--filled', `${(100 * step) / SLIDER_STEPS}%`);
    range.setAttribute('aria-valuetext', `${percentValue(sparsity)} %`);
  }

  range.addEventListener('pointerdown', () => {
    held = true;
  });
  range.addEventListener('input', () => {
    const sparsity = sparsityAt(Number(range.value));
    showOnRange(sparsity);
    number.value = percentValue(sparsity);
    onInput(sparsity);
  });
  range.addEventListener('change', () => {
    held = false;
    onRelease(sparsityAt(Number(range.value)));
  });
  for (const name of ['pointerup', 'pointercancel', 'blur'] as const)
    range.addEventListener(name, () => {
      held = false;
    });
  number.addEventListener('change', () => {
    const typed = Number(number.value) / 100;
    const sparsity =
      Number.isFinite(typed) && number.value !== '' ? clampSparsity(typed) : sparsityAt(Number(range.value));
    number.value = percentValue(sparsity);
    showOnRange(sparsity);
    onInput(sparsity);
    onRelease(sparsity);
  });

  const marks = SPARSITY_MARKS.map((sparsity) => {
    const mark = element('span', { class: 'slider-mark' }, percentValue(sparsity));
    mark.style.setProperty('--at', String(stepOf(sparsity) / SLIDER_STEPS));
    return mark;
  });
  return {
    root: element(
      'div',
      { class: 'slider' },
      element('label', { for: 'sparsity' }, 'Sparsity'),
      element(
        'div',
        { class: 'slider-track' },
        range,
        element('div', { class: 'slider-marks', 'aria-hidden': 'true' }, ...marks),
      ),
      element('span', { class: 'slider-number' }, number, element('span', { 'aria-hidden': 'true' }, '%')),
    ),
    set(sparsity) {
      showOnRange(sparsity);
      number.value = percentValue(sparsity);
    },
    isHeld: () => held,
  };
}
