/** The table of runs in files: CSV and JSON lines with all values as they are, Markdown and LaTeX with what is shown. */
import { csvCell, markdownText, plainText } from '../escape';
import type { RunColumn } from './columns';
import type { RunRow } from './row';

/** A table of texts. */
export interface TextTable {
  readonly columns: readonly { readonly title: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

/** A header line with the columns' keys, and a line a run. */
export function runsCsv(columns: readonly RunColumn[], rows: readonly RunRow[]): string {
  const lines = [
    columns.map(({ key }) => csvCell(key)),
    ...rows.map((row) => columns.map((column) => csvCell(column.value(row) ?? ''))),
  ];
  return lines.map((line) => `${line.join(',')}\n`).join('');
}

/** A run as an object with what it has of the columns. */
export function runJson(columns: readonly RunColumn[], row: RunRow): { readonly [key: string]: string | number } {
  return Object.fromEntries(
    columns.flatMap((column) => {
      const value = column.value(row);
      return value === undefined ? [] : [[column.key, value] as const];
    }),
  );
}

/** A line of JSON a run. */
export function runsJsonLines(columns: readonly RunColumn[], rows: readonly RunRow[]): string {
  return rows.map((row) => `${JSON.stringify(runJson(columns, row))}\n`).join('');
}

/** A table of GitHub's Markdown. */
export function markdownTable({ columns, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [
    line(columns.map(({ title }) => markdownText(title))),
    line(columns.map(({ isNumber }) => (isNumber ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(markdownText))),
  ].join('');
}

const LATEX: { readonly [character: string]: string } = {
  '\\': '\\textbackslash{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '−': '$-$',
  '±': '$\\pm$',
  '·': '$\\cdot$',
};

/** Text within LaTeX. */
export function latexText(text: string): string {
  return plainText(text).replace(/[\\<>|~^−±·&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
}

/** A table of LaTeX, for `\usepackage{booktabs}`. */
export function latexTable({ columns, rows }: TextTable): string {
  // A bracket or a star that begins a line would belong to the end of the line before.
  const line = (cells: readonly string[]) =>
    `  ${cells
      .map(latexText)
      .join(' & ')
      .replace(/^(?=\s*[[*])/, '{}')} \\\\\n`;
  return [
    `\\begin{tabular}{${columns.map(({ isNumber }) => (isNumber ? 'r' : 'l')).join('')}}\n`,
    '  \\toprule\n',
    line(columns.map(({ title }) => title)),
    '  \\midrule\n',
    ...rows.map(line),
    '  \\bottomrule\n',
    '\\end{tabular}\n',
  ].join('');
}
