/** The one place that knows VS Code's web components: registers those that the pages use, and wraps each as a component. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDataGrid,
  vsCodeDataGridCell,
  vsCodeDataGridRow,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
} from '@vscode/webview-ui-toolkit';
import { type ComponentChildren, h, type VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDataGrid(),
  vsCodeDataGridCell(),
  vsCodeDataGridRow(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodePanels(),
  vsCodePanelTab(),
  vsCodePanelView(),
);

/** An element; the attributes and properties of the toolkit's own are in no types. */
function control(name: string, properties: object, ...children: ComponentChildren[]): VNode {
  return h<object>(name, properties, ...children);
}

export interface ButtonProperties {
  readonly label: string;
  /** Longer explanation, shown on hover. */
  readonly title?: string;
  readonly appearance?: 'primary' | 'secondary' | 'icon';
  readonly hidden?: boolean;
  /** Attributes such as `data-export`. */
  readonly attributes?: { readonly [name: string]: string };
  onClick(): void;
}

/** Selects buttons among the elements of a page. */
export const BUTTONS = 'vscode-button';

/** A push button. An `icon` one shows `label` as its face and says `title` to screen readers. */
export function Button(properties: ButtonProperties): VNode {
  const { label, title, appearance = 'secondary', hidden = false, attributes, onClick } = properties;
  const name = appearance === 'icon' && title ? { 'aria-label': title } : {};
  return control(BUTTONS, { ...attributes, ...name, title, appearance, hidden, onClick }, label);
}

export interface CheckboxProperties {
  readonly label: string;
  readonly checked: boolean;
  /** Hears of the user's changes only. */
  onChange(checked: boolean): void;
}

export function Checkbox({ label, checked, onChange }: CheckboxProperties): VNode {
  const box = useRef<HTMLElement & { checked: boolean }>(null);
  const shown = useRef(checked);
  useLayoutEffect(() => {
    shown.current = checked;
    if (box.current!.checked !== checked) box.current!.checked = checked;
  }, [checked]);
  const changed = () => {
    const next = box.current!.checked;
    if (next !== shown.current) onChange(next);
  };
  return control('vscode-checkbox', { class: 'checkbox', ref: box, onChange: changed }, label);
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface DropdownProperties {
  readonly label: string;
  readonly id: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly hidden?: boolean;
  /** Ids of elements that say more of it. */
  readonly describedBy?: string;
  /** Hears of the user's changes only. */
  onChange(value: string): void;
}

/** A labelled list to choose one of. */
export function Dropdown({
  label,
  id,
  choices,
  value,
  hidden = false,
  describedBy,
  onChange,
}: DropdownProperties): VNode {
  const list = useRef<HTMLElement & { value: string }>(null);
  const chosen = useRef(value);
  const key = JSON.stringify(choices);
  useLayoutEffect(() => {
    list.current!.replaceChildren(
      ...choices.map((choice) => {
        const option = document.createElement('vscode-option');
        option.setAttribute('value', choice.value);
        if (choice.value === value) option.setAttribute('selected', '');
        option.append(choice.label);
        return option;
      }),
    );
  }, [key]);
  useLayoutEffect(() => {
    chosen.current = value;
    // The list takes its options up in a later task, and only then a value.
    const timer = setTimeout(() => {
      list.current!.value = value;
    });
    return () => clearTimeout(timer);
  });
  const changed = () => {
    const next = list.current!.value;
    if (next === chosen.current) return;
    chosen.current = next;
    onChange(next);
  };
  return control(
    'div',
    { class: 'field', hidden },
    h('label', { for: id }, label),
    control('vscode-dropdown', {
      id,
      class: 'dropdown',
      'aria-label': label,
      'aria-describedby': describedBy,
      ref: list,
      onChange: changed,
    }),
  );
}

export interface Column {
  readonly key: string;
  readonly title: string;
}

export interface GridProperties {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly [key: string]: string }[];
  readonly hidden?: boolean;
}

interface GridElement extends HTMLElement {
  columnDefinitions: { columnDataKey: string; title: string }[] | null;
  rowsData: object[];
  gridTemplateColumns: string;
}

/** Digits that fit into the margins of a cell, which the style sheet has. */
const CELL_MARGINS = 3.5;

/** By how much bold text is wider. */
const BOLD = 1.15;

/** About how many digits are as wide as a text: spaces and points are half as wide. */
const widthOf = (text: string) => text.length - (text.match(/[ ,.]/g)?.length ?? 0) / 2;

/** How wide a column has to be for its texts, in digits; a title may be broken between its words. */
function columnWidth({ key, title }: Column, rows: GridProperties['rows']): number {
  const titles = title.split(' ').map((word) => BOLD * widthOf(word));
  return CELL_MARGINS + Math.max(...titles, ...rows.map((row) => widthOf(row[key] ?? '')));
}

/** A table that is walked with the arrow keys. */
export function Grid({ label, columns, rows, hidden = false }: GridProperties): VNode {
  const table = useRef<GridElement>(null);
  const widths = columns.map((column) => columnWidth(column, rows));
  const key = JSON.stringify([columns, widths]);
  useLayoutEffect(() => {
    table.current!.columnDefinitions = columns.map((column) => ({ columnDataKey: column.key, title: column.title }));
    // Every row is a grid of its own, so what is equal in all has to be told; narrower pages scroll the table.
    table.current!.gridTemplateColumns = widths.map((width) => `minmax(${width}ch, ${width}fr)`).join(' ');
    table.current!.style.minWidth = `${widths.reduce((sum, width) => sum + width, 0)}ch`;
  }, [key]);
  useLayoutEffect(() => {
    table.current!.rowsData = [...rows];
  }, [rows]);
  const grid = control('vscode-data-grid', { ref: table, 'aria-label': label, 'generate-header': 'sticky' });
  return control('div', { class: 'grid', hidden }, grid);
}

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly content: ComponentChildren;
}

export interface PanelsProperties {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Id of the shown one. */
  readonly shown: string;
  onChange(id: string): void;
}

/** Tabs over panels. What a panel has is made when it is shown for the first time, and stays while another one is in front. */
export function Panels({ label, tabs, shown, onChange }: PanelsProperties): VNode {
  const made = useRef(new Set<string>()).current.add(shown);
  const changed = ({ target, currentTarget }: Event) => {
    if (target === currentTarget) onChange((target as HTMLElement & { activeid: string }).activeid.replace('tab-', ''));
  };
  return control(
    'vscode-panels',
    { class: 'panels', 'aria-label': label, activeid: `tab-${shown}`, onChange: changed },
    ...tabs.map(({ id, title }) => control('vscode-panel-tab', { id: `tab-${id}`, key: `tab-${id}` }, title)),
    ...tabs.map(({ id, content }) =>
      control('vscode-panel-view', { id: `view-${id}`, class: 'panel', key: `view-${id}` }, made.has(id) && content),
    ),
  );
}
