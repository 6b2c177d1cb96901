/** Answers that are typed: what they mean, or one sentence that says what is wrong with them. */
import type { Answer } from '../server/protocol/sparsityText';

export { type Answer, parseSparsity } from '../server/protocol/sparsityText';

/** A name that is not blank. */
export function parseName(text: string): Answer<string> {
  return text.trim() === '' ? { problem: 'Give a name that is not empty.' } : { value: text.trim() };
}
