/** The one place that knows VS Code's web components: registers those that the pages use. */
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
import { element, type Properties } from './shared/elements';

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

export interface ButtonOptions {
  readonly label: string;
  /** Longer explanation, shown on hover. */
  readonly title?: string;
  readonly appearance?: 'primary' | 'secondary' | 'icon';
  readonly properties?: Properties;
  onClick(): void;
}

/** A push button. An `icon` one shows `label` as its face and says `title` to screen readers. */
export function button({ label, title, appearance = 'secondary', properties, onClick }: ButtonOptions): HTMLElement {
  const control = element('vscode-button', { ...properties, appearance, ...(title && { title }) }, label);
  if (appearance === 'icon' && title) control.setAttribute('aria-label', title);
  control.addEventListener('click', onClick);
  return control;
}

export interface Checkbox {
  readonly root: HTMLElement;
  isChecked(): boolean;
  setChecked(checked: boolean): void;
}

/** A labelled check box; `onChange` hears of the user's changes only. */
export function checkbox(label: string, checked: boolean, onChange: (checked: boolean) => void): Checkbox {
  const root = element('vscode-checkbox', {}, label) as HTMLElement & { checked: boolean };
  root.checked = checked;
  let silent = false;
  root.addEventListener('change', () => {
    if (!silent) onChange(root.checked);
  });
  return {
    root,
    isChecked: () => root.checked,
    setChecked(next) {
      silent = true;
      root.checked = next;
      silent = false;
    },
  };
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Dropdown {
  readonly root: HTMLElement;
  value(): string;
  /** Replaces the choices, if they differ, and selects `value` without telling `onChange`. */
  update(choices: readonly Choice[], value: string): void;
}

/** A labelled list to choose one of; `onChange` hears of the user's changes only. */
export function dropdown(label: string, id: string, onChange: (value: string) => void): Dropdown {
  const control = element('vscode-dropdown', { id, 'aria-label': label }) as HTMLElement & { value: string };
  let chosen = '';
  let shown = '';
  control.addEventListener('change', () => {
    if (control.value === chosen) return;
    chosen = control.value;
    onChange(chosen);
  });
  return {
    root: element('div', { class: 'field' }, element('label', { for: id }, label), control),
    value: () => chosen,
    update(choices, value) {
      chosen = value;
      const key = JSON.stringify(choices);
      if (key !== shown) {
        shown = key;
        control.replaceChildren(
          ...choices.map((choice) => {
            const properties = { value: choice.value, ...(choice.value === value && { selected: '' }) };
            return element('vscode-option', properties, choice.label);
          }),
        );
      }
      // The list takes its options up in a later task, and only then a value.
      setTimeout(() => {
        if (chosen === value) control.value = value;
      });
    },
  };
}

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Needs more room than a number. */
  readonly wide?: boolean;
}

export interface Grid {
  readonly root: HTMLElement;
  setRows(columns: readonly Column[], rows: readonly { readonly [key: string]: string }[]): void;
}

interface GridElement extends HTMLElement {
  columnDefinitions: { columnDataKey: string; title: string }[] | null;
  rowsData: object[];
  gridTemplateColumns: string;
}

/** A table that is walked with the arrow keys. */
export function grid(label: string): Grid {
  const root = element('vscode-data-grid', {
    'aria-label': label,
    'generate-header': 'sticky',
  }) as unknown as GridElement;
  let shown = '';
  return {
    root: element('div', { class: 'grid' }, root),
    setRows(columns, rows) {
      const key = JSON.stringify(columns);
      if (key !== shown) {
        shown = key;
        root.columnDefinitions = columns.map((column) => ({ columnDataKey: column.key, title: column.title }));
        root.gridTemplateColumns = columns
          .map(({ wide }) => (wide ? 'minmax(11em, 1.6fr)' : 'minmax(6em, 1fr)'))
          .join(' ');
      }
      root.rowsData = [...rows];
    },
  };
}

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly content: HTMLElement;
}

/** Tabs over panels; `onChange` hears the shown one's id. */
export function panels(
  label: string,
  tabs: readonly Tab[],
  shown: string,
  onChange: (id: string) => void,
): HTMLElement {
  const root = element(
    'vscode-panels',
    { 'aria-label': label, activeid: `tab-${shown}` },
    ...tabs.map(({ id, title }) => element('vscode-panel-tab', { id: `tab-${id}` }, title)),
    ...tabs.map(({ id, content }) => element('vscode-panel-view', { id: `view-${id}` }, content)),
  ) as HTMLElement & { activeid: string };
  root.addEventListener('change', (event) => {
    if (event.target === root) onChange(root.activeid.replace('tab-', ''));
  });
  return root;
}
