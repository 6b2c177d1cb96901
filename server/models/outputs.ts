/** Which output of a model with several is used. */
import { usageError } from '../protocol/errors';

/** The outputs of a model, by name, and the one that its network ends in. */
export interface Outputs {
  readonly names: readonly string[];
  readonly chosen: number;
}

const looksLikePath = (text: string) => /[/\\]|\.[a-z]\w*$/i.test(text);

/**
 * The number of the output that `wanted` names, or whose number it is, from 0; that of the first where nothing is wanted.
 * @throws UserError (usage) where there is none.
 */
export function chooseOutput(names: readonly string[], wanted: string | undefined, model: string): number {
  if (wanted === undefined) return 0;
  const named = names.indexOf(wanted);
  if (named >= 0) return named;
  if (/^\d+$/.test(wanted) && Number(wanted) < names.length) return Number(wanted);
  const known = names.map((name) => `'${name}'`).join(', ');
  const has = names.length === 1 ? `one output, ${known}` : `${names.length} outputs, ${known}`;
  const message = `${model} has no output '${wanted}': it has ${has}.`;
  if (looksLikePath(wanted)) {
    throw usageError(
      message,
      '--output chooses an output of the model; a file or folder for results is named with --out.',
    );
  }
  throw usageError(message, `Name one of them, or its number from 0 to ${names.length - 1}.`);
}

/** What to tell of a model with several outputs, of which none was asked for; undefined where there is nothing to tell. */
export function describeChoice(model: string, outputs: Outputs | undefined): string | undefined {
  if (!outputs || outputs.names.length === 1) return undefined;
  const { names, chosen } = outputs;
  return `${model} has ${names.length} outputs (${names.join(', ')}); ${names[chosen]} is used. Choose another one with --output.`;
}
