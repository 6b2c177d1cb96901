/** The front ends there are. Another one is a folder beside this file, and a line in the list. */
import { extname } from 'node:path';
import { keras } from './keras';
import { torch } from './torch';
import type { FrontEnd } from './types';

export const FRONT_ENDS: readonly FrontEnd[] = [keras, torch];

/** The front end for a file, by its extension; undefined where the file can be no model. */
export function frontEndFor(file: string, frontEnds: readonly FrontEnd[] = FRONT_ENDS): FrontEnd | undefined {
  const extension = extname(file).toLowerCase();
  return frontEnds.find(({ extensions }) => extensions.includes(extension));
}

/** The front end that a network comes from. */
export function frontEndOf(
  { name, frontEnd }: { readonly name: string; readonly frontEnd: string },
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): FrontEnd {
  const found = frontEnds.find((one) => one.name === frontEnd);
  if (!found) throw new Error(`${name} comes from ${frontEnd}, which is no front end here`);
  return found;
}
