/** `prunelens shrink`: what becomes of a smaller model, shown on the terminal. */
import { shrinkModel } from '../../shrinking/shrink';
import type { ShrinkFlags } from '../../shrinking/types';
import { note, print, printJson } from '../terminal/streams';
import { channelsTable, sizesTable } from './report';
import { onTerminal } from './surroundings';

export async function runShrink(specifier: string, flags: ShrinkFlags, signal: AbortSignal): Promise<void> {
  const shrunk = await shrinkModel(specifier, flags, { trusted: true }, onTerminal(signal));
  const { structure, keep, before, after, times, title, document, sentences } = shrunk;
  if (flags.json) printJson(document);
  else {
    note(`${title}.`);
    print(`${channelsTable(structure, keep)}\n${sizesTable(before, after, times)}`);
  }
  sentences.forEach(note);
}
