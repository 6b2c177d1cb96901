/** What stands in place of the layers while there is nothing to show: why, and what to do. */
import type { ModelEntry } from '../../server/protocol/editor';
import type { MethodChoice } from '../../server/protocol/webview';
import { element } from '../shared/elements';
import { button } from '../toolkit';
import { modelLabel } from './header';

function message(title: string, text: string, ...controls: HTMLElement[]): HTMLElement {
  return element(
    'div',
    { class: 'empty' },
    element('h2', {}, title),
    element('p', {}, text),
    element('div', { class: 'empty-controls' }, ...controls),
  );
}

/** No model is chosen: the ones there are, or how to get one. */
export function chooseModel(models: readonly ModelEntry[], onModel: (model: string) => void): HTMLElement {
  if (models.length === 0) {
    return message(
      'No models found',
      'Open a folder with a TypeScript file that exports a TensorFlow.js model, or a Keras model saved as JSON.',
    );
  }
  return message(
    'Choose a model',
    'The heatmap shows what pruning leaves of each of its layers.',
    ...models.map(({ model }) => button({ label: modelLabel(model), onClick: () => onModel(model) })),
  );
}

/** The model has no scores yet. */
export function chooseMethod(methods: readonly MethodChoice[], onScore: (method: string) => void): HTMLElement {
  const choices = methods.map(({ name, title, description }) =>
    element(
      'li',
      {},
      button({ label: title, properties: { 'data-score': name }, onClick: () => onScore(name) }),
      element('span', {}, description),
    ),
  );
  return element(
    'div',
    { class: 'empty' },
    element('h2', {}, 'No scores yet'),
    element(
      'p',
      {},
      'Score the weights at initialization to see which of them each sparsity keeps. With which method?',
    ),
    element('ul', { class: 'method-list' }, ...choices),
  );
}

/** The model cannot be shown. */
export function failed(text: string, onRetry: () => void): HTMLElement {
  const shown = message(
    'This model cannot be shown',
    text,
    button({ label: 'Try again', appearance: 'primary', onClick: onRetry }),
  );
  shown.setAttribute('role', 'alert');
  return shown;
}

export function loading(): HTMLElement {
  return element('div', { class: 'empty', role: 'status' }, element('p', {}, 'Building the model…'));
}
