/** One field of the form: its label, its control or what is said of it elsewhere, what it means, and what is wrong with it. */
import type { VNode } from 'preact';
import { valueText } from '../../server/protocol/catalogue/values';
import type { SaidValue } from '../../server/protocol/form';
import { Button, Checkbox, Dropdown } from '../shared/toolkit';
import { type Field, namesIn } from './fields';

export interface FieldActions {
  onType(flag: string, text: string): void;
  onData(): void;
  onReveal(file: string, line: number): void;
}

interface FieldProperties {
  readonly field: Field;
  readonly actions: FieldActions;
}

const idOf = ({ flag }: Field) => `field-${flag}`;

/** A value that is said elsewhere, with the way there. */
function Said({ field, said, actions }: FieldProperties & { readonly said: SaidValue }): VNode {
  const { file, line = 1, origin, value } = said;
  return (
    <span class="form-said">
      <output id={idOf(field)} class="form-said-value">
        {valueText(value)}
      </output>
      {file === undefined ? (
        <span class="form-origin">from {origin}</span>
      ) : (
        <Button
          label={`from ${origin}`}
          title={`${field.label} is said in ${origin}, line ${line}; open it there`}
          onClick={() => actions.onReveal(file, line)}
        />
      )}
    </span>
  );
}

function Text({ field, actions }: FieldProperties): VNode {
  const { flag, text, usual, problem, suggestions } = field;
  const list = `suggestions-${flag}`;
  const input = (
    <input
      id={idOf(field)}
      class="text-field"
      type="text"
      value={text}
      placeholder={usual}
      list={suggestions.length > 0 ? list : undefined}
      aria-invalid={problem !== undefined}
      aria-describedby={`help-${flag} problem-${flag}`}
      onInput={({ currentTarget }) => actions.onType(flag, currentTarget.value)}
    />
  );
  if (suggestions.length === 0) return input;
  return (
    <>
      {input}
      <datalist id={list}>
        {suggestions.map((text) => (
          <option key={text} value={text} />
        ))}
      </datalist>
    </>
  );
}

/** Some of the choices, each a box. */
function Many({ field, actions }: FieldProperties): VNode {
  const { flag, choices, text, label } = field;
  const chosen = namesIn(text);
  const change = (name: string, isOn: boolean) => {
    const next = choices.map(({ value }) => value).filter((one) => (one === name ? isOn : chosen.includes(one)));
    actions.onType(flag, next.length > 0 ? next.join(', ') : ' ');
  };
  return (
    <fieldset class="form-many" id={idOf(field)} tabIndex={-1} aria-describedby={`help-${flag} problem-${flag}`}>
      <legend>{label}</legend>
      {choices.map(({ value, label: title }) => (
        <Checkbox key={value} label={title} checked={chosen.includes(value)} onChange={(isOn) => change(value, isOn)} />
      ))}
    </fieldset>
  );
}

function Data({ field, actions }: FieldProperties): VNode {
  return (
    <span class="form-said">
      <output id={idOf(field)} class="form-said-value">
        {field.text === '' ? 'not chosen yet' : field.text}
      </output>
      <Button label="Choose…" title="Choose the data of this model" onClick={actions.onData} />
    </span>
  );
}

function Control({ field, actions }: FieldProperties): VNode {
  const { flag, label, said, type, choices, text } = field;
  if (said) return <Said field={field} said={said} actions={actions} />;
  switch (type) {
    case 'data':
      return <Data field={field} actions={actions} />;
    case 'many':
      return <Many field={field} actions={actions} />;
    case 'choice':
      return (
        <Dropdown
          label={label}
          id={idOf(field)}
          describedBy={`help-${flag} problem-${flag}`}
          choices={choices}
          value={text}
          onChange={(value) => actions.onType(flag, value)}
        />
      );
    case 'text':
      return <Text field={field} actions={actions} />;
  }
}

export function FieldView({ field, actions }: FieldProperties): VNode {
  const { flag, label, help, problem, said, type } = field;
  const hasOwnLabel = !said && (type === 'choice' || type === 'many');
  return (
    <div class={`field form-field form-${said ? 'text' : type}`} data-flag={flag}>
      {!hasOwnLabel && <label for={idOf(field)}>{label}</label>}
      <Control field={field} actions={actions} />
      <span id={`help-${flag}`} class="form-help">
        {help}
      </span>
      <span id={`problem-${flag}`} class="form-problem" role="status">
        {problem}
      </span>
    </div>
  );
}
