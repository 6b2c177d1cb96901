/** Values of a label column: numbers, or names of classes. The first cell decides. */
import { type Fault, isText, numberIn, quoted, whyNoNumber } from './cells';
import { growing } from './growing';

/** More names than this are no classes. */
const MOST_NAMES = 10_000;

export interface LabelColumn {
  readonly name: string;
  /** Whether the values are names of classes. */
  isNamed(): boolean;
  /** Takes a cell; gives what is wrong with it, where something is. */
  add(cell: string): Fault | undefined;
  /** The numbers; of names, their places in `names`. */
  values(): Float64Array;
  /** Names in the order in which they came. */
  names(): readonly string[];
}

/** @param takesNames whether texts are names of classes; otherwise they are wrong. */
export function createLabelColumn(name: string, takesNames: boolean): LabelColumn {
  const values = growing((length) => new Float64Array(length));
  const places = new Map<string, number>();
  let kind: 'numbers' | 'names' | undefined;
  const addName = (cell: string): Fault | undefined => {
    const text = cell.trim();
    const place = places.get(text) ?? places.size;
    if (place === MOST_NAMES) {
      return {
        problem: `there are more than ${MOST_NAMES} different texts in this column, so that they are no classes`,
        hint: 'Choose the column of the labels with --label-columns.',
      };
    }
    places.set(text, place);
    values.push(place);
    return undefined;
  };
  return {
    name,
    isNamed: () => kind === 'names',
    add(cell) {
      const value = numberIn(cell);
      if (value === undefined && !(takesNames && isText(cell))) return whyNoNumber(cell);
      kind ??= value === undefined ? 'names' : 'numbers';
      if (kind === 'names') return addName(cell);
      if (value === undefined)
        return { problem: `${quoted(cell.trim())} is text, but the labels before it are numbers` };
      values.push(value);
      return undefined;
    },
    values: values.values,
    names: () => [...places.keys()],
  };
}
