/** Fitting a data set to a model. */
import type { Dataset, InputFormat, Split } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';

/**
 * Whether examples of `shape` hold the values of the input `wanted` in the order in which it wants them: each axis of the input is
 * one axis of the examples, or several adjacent ones in a row (`[28, 28, 1]` is read as `[784]`); an image without channels has
 * one. As many values are not enough: `[1, 28, 28]` may be an image with its channels first, and of `[784]` nobody knows what it
 * was flattened from.
 */
export function isReadAs(shape: Shape, wanted: Shape): boolean {
  if (sizeOf(shape) !== sizeOf(wanted)) return false;
  if (wanted.length === shape.length + 1 && wanted.length > 2 && wanted[shape.length] === 1) {
    return isReadAs(shape, wanted.slice(0, -1));
  }
  let next = 0;
  for (const [axis, extent] of wanted.entries()) {
    if (next === shape.length) return false;
    let run = shape[next++];
    while (run < extent && next < shape.length) run *= shape[next++];
    if (run !== extent) return false;
    // What is left has one index only, so it adds nothing to the last axis.
    if (axis === wanted.length - 1) return shape.slice(next).every((one) => one === 1);
  }
  return shape.every((one) => one === 1);
}

/** So many names of columns are told. */
const LISTED = 12;

function hintFor(dataset: Dataset, inputShape: Shape): string {
  if (sizeOf(inputShape) !== sizeOf(dataset.shape)) {
    const { columns } = dataset;
    if (!columns) return "Change the model's input shape, or choose a data set that fits it.";
    const listed = columns.slice(0, LISTED).map((name) => JSON.stringify(name));
    const more = columns.length > LISTED ? ` and ${columns.length - LISTED} more` : '';
    return `The input columns are ${listed.join(', ')}${more}; choose others with --input-columns, or change the model's input shape.`;
  }
  return `There are as many values, but nothing says that they are in the same order. Store the examples as [${inputShape.join(', ')}], images as [height, width, channels].`;
}

/**
 * The data set with examples as the model takes them. The values stay in their order, so that `[28, 28, 1]` serves a model that
 * wants `[784]`.
 * @throws UserError that states both shapes where they have another number of values, or another order; or where the model takes
 *   ids and the examples are none, or one is not among the model's: then the example and the place in it are named.
 */
export function adaptToInput(dataset: Dataset, input: InputFormat): Dataset {
  const adapted = adaptShape(dataset, input.shape);
  if (input.dtype === 'float32') return adapted;
  if (!dataset.holdsIds) {
    throw new UserError(`The model looks up token ids, but the examples of ${dataset.name} are no whole numbers.`, {
      hint: 'Store the ids as int32 or int64.',
    });
  }
  checkIds(adapted, input);
  return { ...adapted, inputs: [input] };
}

/** An input of a model by its name. */
type NamedInput = InputFormat & { readonly name: string };

/**
 * The data set with each part of its examples as the input of its name takes it, in the model's order. Parts without names are in
 * that order already.
 * @throws UserError where an input has no part, or as {@link adaptToInput} does.
 */
export function adaptToInputs(dataset: Dataset, inputs: readonly NamedInput[]): Dataset {
  const { parts } = dataset;
  if (!parts && inputs.length === 1) return adaptToInput(dataset, inputs[0]);
  const places = inputs.map((input, i) => placeOfPart(dataset, input, i, inputs));
  const adapted = inputs.map((input, i) => adaptToInput(partOf(dataset, places[i]), input));
  const split = ({ read, ...rest }: Split): Split => ({
    ...rest,
    read: (indices, out, part = 0) => read(indices, out, places[part]),
  });
  const { train, test, ...rest } = dataset;
  return { ...rest, shape: adapted[0].shape, inputs, train: split(train), test: split(test) };
}

function placeOfPart(
  { name, parts = [] }: Dataset,
  input: NamedInput,
  index: number,
  inputs: readonly NamedInput[],
): number {
  const place = parts.some((part) => part.name !== undefined)
    ? parts.findIndex((part) => part.name === input.name)
    : index;
  if (place >= 0 && place < parts.length) return place;
  const wanted = inputs.map((one) => `train/x/${one.name}`).join(', ');
  throw new UserError(
    inputs.length === 1
      ? `The model takes one input, '${input.name}', but the examples of ${name} have ${parts.length} parts, none of that name.`
      : `The model takes ${inputs.length} inputs, but ${name} has no array for '${input.name}'.`,
    { hint: `Store the arrays under ${wanted}, and likewise for test.` },
  );
}

/** The data set as if its examples had that part alone. */
function partOf({ parts = [], ...dataset }: Dataset, place: number): Dataset {
  const { shape, holdsIds, name } = parts[place];
  const split = ({ read, ...rest }: Split): Split => ({ ...rest, read: (indices, out) => read(indices, out, place) });
  const { holdsIds: _, ...rest } = dataset;
  return {
    ...rest,
    name: name === undefined ? dataset.name : `${dataset.name} (${name})`,
    shape,
    ...(holdsIds && { holdsIds }),
    train: split(dataset.train),
    test: split(dataset.test),
  };
}

/** Place of the first id that the input has no row for; -1 where there is none. */
export function findWrongId(ids: Int32Array, { vocabulary = Number.POSITIVE_INFINITY }: InputFormat): number {
  return ids.findIndex((id) => id < 0 || id >= vocabulary);
}

/** Examples that are looked at together. */
const CHUNK = 1024;

function checkIds({ name, train, test }: Dataset, input: InputFormat): void {
  const columns = sizeOf(input.shape);
  for (const [split, { size, read, fetch }] of Object.entries({ training: train, test })) {
    // They are looked at as they come.
    if (fetch) continue;
    for (let start = 0; start < size; start += CHUNK) {
      const rows = Int32Array.from({ length: Math.min(CHUNK, size - start) }, (_, i) => start + i);
      const ids = new Int32Array(rows.length * columns);
      read(rows, ids);
      const wrong = findWrongId(ids, input);
      if (wrong < 0) continue;
      throw wrongId(`the ${split} examples of ${name}`, ids[wrong], start * columns + wrong, input);
    }
  }
}

/** The error for an id that no table has: element `index` of examples [n, …shape], which are `where`. */
export function wrongId(where: string, id: number, index: number, { shape, vocabulary }: InputFormat): UserError {
  const columns = sizeOf(shape);
  const place = `row ${Math.floor(index / columns)}, column ${index % columns} of ${where}`;
  const known = vocabulary === undefined ? '0 and up' : `0 to ${vocabulary - 1}`;
  return new UserError(`The token id ${id} in ${place} is not one of the model's, which are ${known}.`, {
    kind: 'usage',
    hint: 'Rows and columns are counted from 0. Check the tokenizer, or make the embedding larger.',
  });
}

function adaptShape(dataset: Dataset, inputShape: Shape): Dataset {
  if (!isReadAs(dataset.shape, inputShape)) {
    throw new UserError(
      `The model takes inputs of shape [${inputShape.join(', ')}], but the examples of ${dataset.name} are [${dataset.shape.join(', ')}].`,
      { hint: hintFor(dataset, inputShape) },
    );
  }
  return inputShape.join() === dataset.shape.join() ? dataset : { ...dataset, shape: inputShape };
}
