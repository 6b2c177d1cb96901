/** Why a file is no model, for people who expected one. */
import { basename, extname } from 'node:path';
import { readText } from '../../files/regular';
import { createNeighbours, FRONT_ENDS, findModelsInText, frontEndFor, joinModelSpecifier } from '../../frontends';
import { formatError, UserError } from '../../protocol/errors';
import type { ModelName } from '../../protocol/results';
import type { Context } from '../context';

export interface FileExplanation {
  readonly text: string;
  /** Models that the file may have: only running them tells. */
  readonly callable: readonly ModelName[];
}

const just = (text: string): FileExplanation => ({ text, callable: [] });

/** What is said of a file that no front end reads. */
function explainKind(file: string): string {
  const extension = extname(file).toLowerCase();
  const relative = FRONT_ENDS.flatMap(({ relatives }) => relatives?.[extension] ?? [])[0];
  if (relative) return `It is ${relative.what}, which PruneLens does not read. ${relative.hint}`;
  return `A model is ${FRONT_ENDS.map(({ files }) => files).join(', or ')}.`;
}

function explainText(file: string, text: string, context: Context): FileExplanation {
  const frontEnd = frontEndFor(file);
  if (!frontEnd) return just(`${basename(file)} is no model. ${explainKind(file)}`);
  const largest = frontEnd.largestSearched?.(extname(file).toLowerCase()) ?? Number.POSITIVE_INFINITY;
  if (text.length > largest) {
    return just(`${basename(file)} is not searched for models: it is longer than what is written by hand.`);
  }
  const neighbours = createNeighbours((path) => context.documents.ofFile(path)?.getText());
  const found = findModelsInText(text, file, FRONT_ENDS, neighbours, true);
  if (found.length > 0) {
    const names = found.map(({ specifier }) => context.nameOf(specifier)).join(', ');
    const untrusted = !context.isTrusted() && frontEnd.runsCode(file);
    const trust = untrusted ? ' The workspace is not trusted, so that its code is not run and it is not shown.' : '';
    return just(`${basename(file)} has ${found.length === 1 ? 'a model' : 'models'}: ${names}.${trust}`);
  }
  const why = frontEnd.explain?.(text, file, neighbours) ?? { text: `It has no ${frontEnd.definition}.`, callable: [] };
  return {
    text: `${basename(file)} has no model. ${why.text}`,
    callable: context.isTrusted() ? why.callable.map((name) => joinModelSpecifier(file, name)) : [],
  };
}

/** @param file Absolute path; open documents count as they are. */
export async function explainFile(context: Context, file: string): Promise<FileExplanation> {
  try {
    return explainText(file, context.documents.ofFile(file)?.getText() ?? (await readText(file)), context);
  } catch (error) {
    if (error instanceof UserError) return just(`${basename(file)} cannot be read as code: ${formatError(error)}`);
    return just(`${basename(file)} cannot be read.`);
  }
}
