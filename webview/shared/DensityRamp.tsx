/** The scale of densities, in their colors. */
import type { VNode } from 'preact';
import { rampOf } from './densityColor';
import { percent } from './format';

const MARKS = [0, 0.01, 0.1, 1];

export function DensityRamp(): VNode {
  return (
    <span class="ramp">
      {MARKS.map((density) => (
        <span class="ramp-mark" key={density} style={{ '--at': String(rampOf(density)) }}>
          {percent(density)}
        </span>
      ))}
    </span>
  );
}
