/** What stands in place of the layers while there is nothing to show: why, and what to do. */
import type { ComponentChildren, VNode } from 'preact';
import type { ModelEntry } from '../../server/protocol/editor';
import type { MethodChoice } from '../../server/protocol/webview';
import { Button } from '../shared/toolkit';
import { modelChoices } from './headerTexts';

interface MessageProperties {
  readonly title: string;
  readonly text: string;
  readonly role?: 'alert';
  readonly children?: ComponentChildren;
}

function Message({ title, text, role, children }: MessageProperties): VNode {
  return (
    <div class="empty" role={role}>
      <h2>{title}</h2>
      <p>{text}</p>
      <div class="empty-controls">{children}</div>
    </div>
  );
}

/** No model is chosen: the ones there are, or how to get one. */
export function ChooseModel(properties: {
  readonly models: readonly ModelEntry[];
  onModel(model: string): void;
}): VNode {
  const { models, onModel } = properties;
  if (models.length === 0) {
    return (
      <Message
        title="No models found"
        text="Open a folder with a model of PyTorch, TensorFlow.js or Keras. Of an open file, “PruneLens: Why Is This File Not a Model?” tells what it lacks."
      />
    );
  }
  return (
    <Message title="Choose a model" text="The heatmap shows what pruning leaves of each of its layers.">
      {modelChoices(models, undefined).map(({ value, label }) => (
        <Button key={value} label={label} onClick={() => onModel(value)} />
      ))}
    </Message>
  );
}

/** The model has no scores yet. */
export function ChooseMethod(properties: {
  readonly methods: readonly MethodChoice[];
  onScore(method: string): void;
}): VNode {
  return (
    <div class="empty">
      <h2>No scores yet</h2>
      <p>Score the weights at initialization to see which of them each sparsity keeps. With which method?</p>
      <ul class="method-list">
        {properties.methods.map(({ name, title, description }) => (
          <li key={name}>
            <Button label={title} attributes={{ 'data-score': name }} onClick={() => properties.onScore(name)} />
            <span>{description}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The model cannot be shown. */
export function Failed({ problem, onRetry }: { readonly problem: string; onRetry(): void }): VNode {
  return (
    <Message title="This model cannot be shown" text={problem} role="alert">
      <Button label="Try again" appearance="primary" onClick={onRetry} />
    </Message>
  );
}

export function Loading(): VNode {
  return (
    <div class="empty" role="status">
      <p>Building the model…</p>
    </div>
  );
}
