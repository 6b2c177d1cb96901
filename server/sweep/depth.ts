/** How deep YAML is nested: its parser calls itself for each level, and ends the process with its stack. */
import { isNestedDeeper } from '../files/jsonDepth';

/** Levels in brackets. */
const DEEPEST = 100;
/** Columns before what a line says; a level of a block takes at least one. */
const WIDEST = 200;

/** Whether the character begins an entry of a block, so that another may follow it in the same line. */
function beginsEntry(text: string, at: number): boolean {
  return '-?:'.includes(text[at]) && (text[at + 1] === ' ' || text[at + 1] === '\t');
}

/** Whether a line of the text, from `start`, begins with more than {@link WIDEST} spaces and marks of entries. */
function isWide(text: string, start: number): boolean {
  let at = start;
  while (at < text.length && (text[at] === ' ' || text[at] === '\t' || beginsEntry(text, at))) at++;
  return at - start > WIDEST;
}

/** Whether a text may be nested deeper than any sweep; it need not be YAML. */
export function isNestedTooDeep(text: string): boolean {
  if (isNestedDeeper(text, DEEPEST) || isWide(text, 0)) return true;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) if (isWide(text, at + 1)) return true;
  return false;
}
