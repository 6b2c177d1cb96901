/** The form as it follows from its state: sections of fields, and below them what the work takes and how it is begun. */
import type { VNode } from 'preact';
import { FORM_KINDS, type FormKind } from '../../server/protocol/catalogue/derive';
import { FORM_TITLES } from '../../server/protocol/form';
import { Button, Dropdown } from '../shared/toolkit';
import { Notices } from '../shared/view';
import { costsKey, estimateOf, hasData } from './estimate';
import { type FieldActions, FieldView } from './FieldView';
import { otherMistakes, type ShownSection, shownSections, writableOptions } from './fields';
import { START_LABELS } from './sections';
import type { FormPage } from './state';

/** What the page does; nothing of it changes while the page lives. */
export interface FormActions extends FieldActions {
  onKind(kind: FormKind): void;
  onSection(id: string): void;
  onWrite(): void;
  onWriteSweep(): void;
  onClear(): void;
  onStart(): void;
  onCloseNotice(message: string): void;
}

interface FormProperties {
  readonly page: FormPage;
  readonly actions: FormActions;
}

const KIND_CHOICES = FORM_KINDS.map((kind) => ({ value: kind, label: FORM_TITLES[kind] }));

/** The way to each section, with how much is wrong in it. */
function Navigation({
  sections,
  actions,
}: { readonly sections: readonly ShownSection[] } & Pick<FormProperties, 'actions'>) {
  return (
    <nav class="form-navigation" aria-label="Sections">
      {sections.map(({ section: { id, title }, problems }) => (
        <Button
          key={id}
          label={problems > 0 ? `${title} (${problems} wrong)` : title}
          title={`Go to ${title}`}
          attributes={{ 'data-section': id }}
          onClick={() => actions.onSection(id)}
        />
      ))}
    </nav>
  );
}

function SectionView({ shown, actions }: { readonly shown: ShownSection } & Pick<FormProperties, 'actions'>): VNode {
  const { section, fields, more } = shown;
  const isWrongInside = more.some(({ problem }) => problem !== undefined);
  return (
    <section class="form-section" aria-labelledby={`section-${section.id}`}>
      <h2 id={`section-${section.id}`} tabIndex={-1}>
        {section.title}
      </h2>
      <div class="form-fields">
        {fields.map((field) => (
          <FieldView key={field.flag} field={field} actions={actions} />
        ))}
      </div>
      {more.length > 0 && (
        <details class="form-more" open={isWrongInside || more.some(({ text }) => text !== '')}>
          <summary>More of {section.title.toLowerCase()}</summary>
          <div class="form-fields">
            {more.map((field) => (
              <FieldView key={field.flag} field={field} actions={actions} />
            ))}
          </div>
        </details>
      )}
    </section>
  );
}

/** What the work would take, or why that is not told. */
function EstimateView({ page }: { readonly page: FormPage }): VNode {
  const estimate = estimateOf(page);
  if (estimate) {
    return (
      <p class="form-estimate" role="status">
        <strong>{estimate.time}</strong> <span class="note">({estimate.parts})</span>, {estimate.memory}
      </p>
    );
  }
  return (
    <p class="form-estimate note" role="status">
      {withoutEstimate(page)}
    </p>
  );
}

function withoutEstimate(page: FormPage): string {
  const { kind, costs, measuring } = page;
  if (kind === 'shrink') return '';
  if (!hasData(page)) return 'What it takes can be told once data is chosen.';
  const key = costsKey(page);
  if (key === undefined) return '';
  if (costs?.key === key && 'problem' in costs) return `What it takes cannot be measured: ${costs.problem}`;
  return measuring === undefined ? '' : 'Measuring a training step…';
}

function Footer({ page, actions }: FormProperties): VNode {
  const mistakes = otherMistakes(page);
  const canWrite = Object.keys(writableOptions(page)).length > 0;
  return (
    <footer class="form-footer">
      {mistakes.length > 0 && (
        <ul class="form-mistakes" role="alert">
          {mistakes.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      <EstimateView page={page} />
      <div class="toolbar">
        <Button
          label={START_LABELS[page.kind]}
          appearance="primary"
          attributes={{ 'data-action': 'start' }}
          onClick={actions.onStart}
        />
        <Button
          label="Write the file"
          title="Write the file of the sweep and open it, without running it"
          hidden={page.kind !== 'sweep'}
          attributes={{ 'data-action': 'write-sweep' }}
          onClick={actions.onWriteSweep}
        />
        <Button
          label="Write to prunelens.json"
          title="Write what is chosen here into prunelens.json, where the command and others find it"
          hidden={!canWrite}
          attributes={{ 'data-action': 'write' }}
          onClick={actions.onWrite}
        />
        <Button
          label="Usual values"
          title="Forget what is chosen here"
          hidden={Object.keys(page.typed).length === 0}
          attributes={{ 'data-action': 'clear' }}
          onClick={actions.onClear}
        />
        <span class="form-news" role="status">
          {page.news}
        </span>
      </div>
    </footer>
  );
}

export function FormView({ page, actions }: FormProperties): VNode {
  const sections = shownSections(page);
  return (
    <>
      <Notices messages={page.notices} onClose={actions.onCloseNotice} />
      <main class="framed form">
        <header class="form-header">
          <h1>{page.form ? page.form.name : 'Reading the model…'}</h1>
          <Dropdown
            label="What to do"
            id="form-kind"
            choices={KIND_CHOICES}
            value={page.kind}
            onChange={(kind) => actions.onKind(kind as FormKind)}
          />
        </header>
        {page.form && <Navigation sections={sections} actions={actions} />}
        <div class="form-sections">
          {sections.map((shown) => (
            <SectionView key={`${page.kind} ${shown.section.id}`} shown={shown} actions={actions} />
          ))}
        </div>
        {page.form && <Footer page={page} actions={actions} />}
      </main>
    </>
  );
}
