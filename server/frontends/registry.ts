/** The front ends there are, by their files. Another one is a folder beside this file, and a line in the list. */
import { extname } from 'node:path';
import { keras } from './keras';
import { python } from './python';
import type { Framework, FrontEnd } from './types';

export const FRONT_ENDS: readonly FrontEnd[] = [keras, python];

/** The front end for a file, by its extension; undefined where the file can be no model. */
export function frontEndFor(file: string, frontEnds: readonly FrontEnd[] = FRONT_ENDS): FrontEnd | undefined {
  const extension = extname(file).toLowerCase();
  return frontEnds.find(({ extensions }) => extensions.includes(extension));
}

/** The framework that a network is of. */
export function frontEndOf(
  { name, frontEnd }: { readonly name: string; readonly frontEnd: string },
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): Framework {
  const found = frontEnds.flatMap((one) => [one, ...(one.frameworks ?? [])]).find((one) => one.name === frontEnd);
  if (!found) throw new Error(`${name} comes from ${frontEnd}, which is no framework here`);
  return found;
}
