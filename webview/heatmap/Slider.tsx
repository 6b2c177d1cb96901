/** The sparsity: a slider on a logarithmic scale of what is left, and the number itself. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { exactPercent } from '../shared/format';
import {
  clampSparsity,
  HIGHEST_SPARSITY,
  LOWEST_SPARSITY,
  MINOR_MARKS,
  SLIDER_STEPS,
  SPARSITY_MARKS,
  sparsityAt,
  stepOf,
} from '../shared/sparsity';

export interface SliderProperties {
  readonly sparsity: number;
  /** Every change by the user, also in the middle of a drag. */
  onInput(sparsity: number): void;
  /** The user has let go, or typed a number. */
  onRelease(sparsity: number): void;
  /** The pointer holds the slider, or holds it no more. */
  onHold(isHeld: boolean): void;
}

const percentValue = (sparsity: number) => exactPercent(sparsity).replace(' %', '');

/** The controls keep what the user does to them; a sparsity from elsewhere is written into them. */
export function Slider({ sparsity, onInput, onRelease, onHold }: SliderProperties): VNode {
  const range = useRef<HTMLInputElement>(null);
  const number = useRef<HTMLInputElement>(null);
  const show = (next: number) => {
    const step = stepOf(next);
    range.current!.value = String(step);
    range.current!.style.setProperty('--filled', `${(100 * step) / SLIDER_STEPS}%`);
    range.current!.setAttribute('aria-valuetext', `${percentValue(next)} %`);
    number.current!.value = percentValue(next);
  };
  useLayoutEffect(() => show(sparsity), [sparsity]);

  const atRange = () => sparsityAt(Number(range.current!.value));
  const letGo = () => onHold(false);
  const typed = () => {
    const { value } = number.current!;
    const next = Number(value) / 100;
    const chosen = Number.isFinite(next) && value !== '' ? clampSparsity(next) : atRange();
    show(chosen);
    onInput(chosen);
    onRelease(chosen);
  };
  return (
    <div class="slider">
      <label for="sparsity">Sparsity</label>
      <div class="slider-track">
        <input
          ref={range}
          type="range"
          id="sparsity"
          min={0}
          max={SLIDER_STEPS}
          step={1}
          aria-label="Sparsity"
          onPointerDown={() => onHold(true)}
          onPointerUp={letGo}
          onPointerCancel={letGo}
          onBlur={letGo}
          onInput={() => {
            const next = atRange();
            show(next);
            onInput(next);
          }}
          onChange={() => {
            letGo();
            onRelease(atRange());
          }}
        />
        <div class="slider-marks" aria-hidden="true">
          {SPARSITY_MARKS.map((mark) => (
            <span
              class="slider-mark"
              key={mark}
              data-minor={MINOR_MARKS.includes(mark)}
              style={{ '--at': String(stepOf(mark) / SLIDER_STEPS) }}
            >
              {percentValue(mark)}
            </span>
          ))}
        </div>
      </div>
      <span class="slider-number">
        <input
          ref={number}
          type="number"
          id="sparsity-number"
          min={percentValue(LOWEST_SPARSITY)}
          max={percentValue(HIGHEST_SPARSITY)}
          step="0.1"
          aria-label="Sparsity in percent"
          onChange={typed}
        />
        <span aria-hidden="true">%</span>
      </span>
    </div>
  );
}
