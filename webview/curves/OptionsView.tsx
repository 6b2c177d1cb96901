/** How the curves are drawn, to be chosen above them. */
import type { VNode } from 'preact';
import { Button, Checkbox, Dropdown } from '../shared/toolkit';
import { AXES, type CurveOptions, GROUPING_CHOICES, MOST_SMOOTHING, SPLIT_CHOICES } from './options';

export interface OptionsActions {
  onOptions(options: Partial<CurveOptions>): void;
  onLogLoss(log: boolean): void;
  onLogEpochs(log: boolean): void;
  onResetZoom(): void;
}

interface OptionsProperties {
  readonly options: CurveOptions;
  readonly logLoss: boolean;
  readonly logEpochs: boolean;
  readonly actions: OptionsActions;
}

const LOG_LABELS = { epoch: 'Log epochs', step: 'Log steps', time: 'Log time' } as const;

function Smoothing({ smoothing, onOptions }: { readonly smoothing: number } & Pick<OptionsActions, 'onOptions'>) {
  return (
    <div class="field">
      <label for="smoothing">Smoothing of steps</label>
      <span class="field-range">
        <input
          id="smoothing"
          type="range"
          min={0}
          max={MOST_SMOOTHING}
          step={0.01}
          value={smoothing}
          onInput={({ currentTarget }) => onOptions({ smoothing: Number(currentTarget.value) })}
        />
        <output for="smoothing">{smoothing.toFixed(2)}</output>
      </span>
    </div>
  );
}

export function OptionsView({ options, logLoss, logEpochs, actions }: OptionsProperties): VNode {
  const { smoothing, ignoresOutliers, axis, splits, grouping } = options;
  const { onOptions } = actions;
  return (
    <div class="toolbar">
      <Smoothing smoothing={smoothing} onOptions={onOptions} />
      <Dropdown
        label="Over"
        id="curve-axis"
        choices={AXES}
        value={axis}
        onChange={(value) => onOptions({ axis: value as typeof axis })}
      />
      <Dropdown
        label="Curves"
        id="curve-splits"
        choices={SPLIT_CHOICES}
        value={splits}
        onChange={(value) => onOptions({ splits: value as typeof splits })}
      />
      <Dropdown
        label="Runs as"
        id="curve-grouping"
        choices={GROUPING_CHOICES}
        value={grouping}
        onChange={(value) => onOptions({ grouping: value as typeof grouping })}
      />
      <Checkbox
        label="Ignore outliers"
        checked={ignoresOutliers}
        onChange={(isOn) => onOptions({ ignoresOutliers: isOn })}
      />
      <Checkbox label="Log loss" checked={logLoss} onChange={actions.onLogLoss} />
      <Checkbox label={LOG_LABELS[axis]} checked={logEpochs} onChange={actions.onLogEpochs} />
      <Button label="Reset zoom" onClick={actions.onResetZoom} />
    </div>
  );
}
