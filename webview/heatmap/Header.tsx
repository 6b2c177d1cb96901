/** What stands above the layers: which model and methods, the slider, and what there is to be warned of. */
import type { VNode } from 'preact';
import type { ExportFormat } from '../shared/pictures';
import { Button, Dropdown } from '../shared/toolkit';
import { ExportBar } from '../shared/view';
import { compareChoices, comparedChoice, comparedEpochs, comparedWith } from './compared';
import {
  aimText,
  chosenMethod,
  factsOf,
  keptOfAll,
  methodChoices,
  modelChoices,
  overlapText,
  stabilityOfAll,
  warningsOf,
} from './headerTexts';
import { Slider, type SliderProperties } from './Slider';
import { shownOverlap } from './selectors';
import { type HeatmapPage, shownScore } from './state';

export interface HeaderActions extends Omit<SliderProperties, 'sparsity'> {
  onModel(model: string): void;
  onMethod(method: string): void;
  /** The method, sparsity or run to compare with; empty for none. */
  onCompare(compare: string): void;
  /** The masks of the run that is compared with, after so many epochs. */
  onCompareEpoch(epoch: number): void;
  onScore(method: string): void;
  onExport(format: ExportFormat): void;
  onExportMasks(): void;
}

interface HeaderProperties {
  readonly page: HeatmapPage;
  readonly actions: HeaderActions;
}

/** Through the epochs of a run whose masks change. */
function EpochSlider({ page, actions }: HeaderProperties): VNode | null {
  const epochs = comparedEpochs(page);
  if (!epochs) return null;
  return (
    <div class="field">
      <label for="compare-epoch">Masks of the run after epoch</label>
      <span class="field-range">
        <input
          id="compare-epoch"
          type="range"
          min={0}
          max={epochs.last}
          step={1}
          value={epochs.chosen}
          onInput={({ currentTarget }) => actions.onCompareEpoch(Number(currentTarget.value))}
        />
        <output for="compare-epoch">
          {epochs.chosen === 0 ? 'before training' : `${epochs.chosen} of ${epochs.last}`}
        </output>
      </span>
    </div>
  );
}

function Choices({ page, actions }: HeaderProperties): VNode {
  const { models, model = '' } = page;
  return (
    <div class="toolbar">
      <Dropdown
        label="Model"
        id="model"
        choices={modelChoices(models, page.model)}
        value={model}
        onChange={actions.onModel}
      />
      <Dropdown
        label="Method"
        id="method"
        choices={methodChoices(page)}
        value={chosenMethod(page)}
        onChange={(method) => method && actions.onMethod(method)}
      />
      <Dropdown
        label="Compare with"
        id="compare"
        choices={compareChoices(page)}
        value={comparedChoice(page)}
        onChange={actions.onCompare}
      />
      <EpochSlider page={page} actions={actions} />
      <ExportBar hidden={!shownScore(page)} onExport={actions.onExport}>
        <Button label="Masks…" title="Export the masks at this sparsity" onClick={actions.onExportMasks} />
      </ExportBar>
    </div>
  );
}

const STABILITY_TITLE =
  'Scored again with weights changed by about what rounding changes them by, and on other batches where there are any.';

/** One warning as it is, several behind a line that opens: the layers come first. */
function Folded({ warnings }: { readonly warnings: readonly string[] }): VNode {
  const notices = warnings.map((warning) => (
    <div class="notice notice-warning" key={warning}>
      <span aria-hidden="true">⚠</span>
      {warning}
    </div>
  ));
  if (notices.length < 2) return <>{notices}</>;
  return (
    <details class="warnings-fold">
      <summary>
        <span aria-hidden="true">⚠</span> {notices.length} warnings
      </summary>
      {notices}
    </details>
  );
}

function Warnings({ page, actions }: HeaderProperties): VNode {
  const { answer, selection, sparsity } = page;
  const shown = shownScore(page);
  const aim = shown && aimText(shown, sparsity);
  return (
    <>
      <div class="notice" hidden={!answer?.stale || !shown}>
        <span class="badge badge-warning">Out of date</span>
        <span>The architecture or the settings have changed since it was scored.</span>
        <Button label="Score again" onClick={() => shown && actions.onScore(shown.method)} />
      </div>
      <div class="notice" id="aim" role="status" hidden={aim === undefined}>
        {aim}
      </div>
      <div class="warnings" role="status">
        <Folded warnings={selection ? warningsOf(selection) : []} />
      </div>
    </>
  );
}

export function Header({ page, actions }: HeaderProperties): VNode {
  const { selection, sparsity, work } = page;
  const shown = shownScore(page);
  const [overlap, compared] = [shownOverlap(page), comparedWith(page)];
  return (
    <header class="page-header">
      <Choices page={page} actions={actions} />
      <div class="slider-line" hidden={page.answer !== undefined && !shown}>
        <Slider sparsity={sparsity} onInput={actions.onInput} onRelease={actions.onRelease} onHold={actions.onHold} />
        <div class="kept-line">
          <output class="kept" aria-live="polite" for="sparsity">
            {selection ? keptOfAll(selection) : ''}
          </output>
          <span class="overlap">{overlap && compared ? overlapText(overlap, compared) : ''}</span>
        </div>
      </div>
      <div class="stability" title={STABILITY_TITLE}>
        {shown?.stability && !page.answer?.stale ? stabilityOfAll(shown.stability, sparsity) : ''}
      </div>
      <div class="status-line">
        <span class="facts">{shown ? factsOf(shown) : ''}</span>
        <div class="work" role="status">
          {work}
        </div>
      </div>
      <Warnings page={page} actions={actions} />
    </header>
  );
}
