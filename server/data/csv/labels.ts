/** The labels of a CSV file: classes, or float values. */
import type { LabelValues } from '../../protocol/data';
import type { RawDataset } from '../examples';
import type { LabelColumn } from './labelColumn';

/** Labels of all rows, and what a data set says of them. */
export interface TableLabels extends Pick<RawDataset, 'classes' | 'classNames' | 'labelShape'> {
  readonly values: LabelValues;
}

/** Classes of names, or of whole numbers, in order. */
function classesOf(column: LabelColumn): TableLabels {
  const values = column.values();
  const names = column.names();
  const found = column.isNamed() ? names.map((_, place) => place) : [...new Set(values)];
  const ordered = column.isNamed() ? found.sort((a, b) => (names[a] < names[b] ? -1 : 1)) : found.sort((a, b) => a - b);
  const classes = new Map(ordered.map((value, index) => [value, index]));
  return {
    values: Int32Array.from(values, (value) => classes.get(value)!),
    classes: ordered.length,
    classNames: ordered.map((value) => (column.isNamed() ? names[value] : String(value))),
  };
}

/** Values of the columns, row by row. */
function valuesOf(columns: readonly LabelColumn[]): TableLabels {
  const each = columns.map((column) => column.values());
  const values = new Float32Array(each[0].length * each.length);
  each.forEach((column, i) => {
    column.forEach((value, row) => {
      values[row * each.length + i] = value;
    });
  });
  return { values, classes: columns.length, labelShape: [columns.length] };
}

/** One-hot rows as classes, named as their columns; undefined where a row is none. */
function oneHotClasses({ values, classes }: TableLabels, columns: readonly LabelColumn[]): TableLabels | undefined {
  const labels = new Int32Array(values.length / classes);
  for (let row = 0; row < labels.length; row++) {
    const cells = values.subarray(row * classes, (row + 1) * classes);
    labels[row] = cells.indexOf(1);
    if (labels[row] < 0 || cells.some((value, i) => value !== (i === labels[row] ? 1 : 0))) return undefined;
  }
  return { values: labels, classes, classNames: columns.map(({ name }) => name) };
}

/**
 * The labels in columns. One column of names is classes, in the order of the alphabet; one of whole numbers too, in their order, and
 * so are several that hold one-hot rows, unless the model takes values (`wantsValues`). All others are values, a label a column.
 */
export function labelsOf(columns: readonly LabelColumn[], wantsValues: boolean): TableLabels {
  const [first] = columns;
  if (first.isNamed()) return classesOf(first);
  const values = valuesOf(columns);
  if (wantsValues) return values;
  if (columns.length > 1) return oneHotClasses(values, columns) ?? values;
  return first.values().every(Number.isInteger) ? classesOf(first) : values;
}
