/** Beside the table: what is known of the selected run, and what is noted of it or of all that are selected. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RunNotes } from '../../server/protocol/results';
import { cellText, RUN_COLUMNS } from '../../server/protocol/runTable/columns';
import type { RunRow } from '../../server/protocol/runTable/row';
import { Button } from '../shared/toolkit';

export interface DetailsActions {
  onNote(changes: readonly ({ readonly run: string } & RunNotes)[]): void;
  onRename(run: string): void;
  onShowModel(run: string): void;
}

interface DetailsProperties {
  readonly chosen: readonly RunRow[];
  readonly actions: DetailsActions;
}

/** Tags as they are typed, with commas between. */
export function tagsIn(text: string): readonly string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}

interface FieldProperties {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly lines?: number;
  onCommit(value: string): void;
}

/** A field whose text counts when it is left, or at Enter where it has one line. */
function Field({ id, label, value, lines = 1, onCommit }: FieldProperties): VNode {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const commit = () => {
    if (typed !== value) onCommit(typed);
  };
  const common = { id, class: 'text-field', value: typed, onBlur: commit };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {lines === 1 ? (
        <input
          {...common}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          onKeyDown={({ key }) => key === 'Enter' && commit()}
        />
      ) : (
        <textarea {...common} rows={lines} onInput={({ currentTarget }) => setTyped(currentTarget.value)} />
      )}
    </div>
  );
}

function Facts({ row }: { readonly row: RunRow }): VNode {
  return (
    <dl class="facts">
      {RUN_COLUMNS.filter(({ key }) => !['label', 'tags', 'notes'].includes(key)).map((column) => {
        const text = cellText(column, row);
        return text === '' ? null : (
          <div key={column.key}>
            <dt>{column.title}</dt>
            <dd>{text}</dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Pinning and archiving: of several runs, all become what not all of them are. */
function Marks({ chosen, actions }: DetailsProperties): VNode {
  const isAll = (mark: 'pinned' | 'archived') => chosen.every(({ notes }) => notes?.[mark]);
  const set = (change: RunNotes) => actions.onNote(chosen.map(({ run }) => ({ run, ...change })));
  return (
    <div class="toolbar">
      <Button label={isAll('pinned') ? 'Unpin' : 'Pin'} onClick={() => set({ pinned: !isAll('pinned') })} />
      <Button
        label={isAll('archived') ? 'Unarchive' : 'Archive'}
        onClick={() => set({ archived: !isAll('archived') })}
      />
      {chosen.length === 1 && (
        <>
          <Button label="Rename…" onClick={() => actions.onRename(chosen[0].run)} />
          <Button
            label="Show model"
            title="The model as it was when this run began, and what has changed since"
            onClick={() => actions.onShowModel(chosen[0].run)}
          />
        </>
      )}
    </div>
  );
}

function One({ row, actions }: { readonly row: RunRow; readonly actions: DetailsActions }): VNode {
  const { run, label, notes } = row;
  return (
    <>
      <h2>{label}</h2>
      {row.error !== undefined && <p class="runs-error">{row.error}</p>}
      <Marks chosen={[row]} actions={actions} />
      <Field
        key={`tags ${run}`}
        id="tags"
        label="Tags, with commas between"
        value={notes?.tags?.join(', ') ?? ''}
        onCommit={(text) => actions.onNote([{ run, tags: tagsIn(text) }])}
      />
      <Field
        key={`notes ${run}`}
        id="notes"
        label="Notes"
        lines={4}
        value={notes?.text ?? ''}
        onCommit={(text) => actions.onNote([{ run, text }])}
      />
      <Facts row={row} />
    </>
  );
}

function Several({ chosen, actions }: DetailsProperties): VNode {
  const add = (text: string) =>
    actions.onNote(chosen.map(({ run, notes }) => ({ run, tags: [...(notes?.tags ?? []), ...tagsIn(text)] })));
  return (
    <>
      <h2>{chosen.length} runs</h2>
      <Marks chosen={chosen} actions={actions} />
      <Field key={chosen.map(({ notes }) => notes?.tags).join()} id="tags" label="Add tags" value="" onCommit={add} />
    </>
  );
}

export function Details({ chosen, actions }: DetailsProperties): VNode {
  return (
    <aside class="framed-details" aria-label="Selected runs">
      {chosen.length === 1 ? <One row={chosen[0]} actions={actions} /> : <Several chosen={chosen} actions={actions} />}
    </aside>
  );
}
