/** What `models` in prunelens.json says of definitions that need arguments. */
import type { ModelRule } from './types';

/** The rule that says how a definition is called, by an expression such as `ResNet(BasicBlock, [2, 2])`. */
export function ruleThatCalls(
  rules: readonly ModelRule[] | undefined,
  name: string | undefined,
): ModelRule | undefined {
  return rules?.find(({ construct }) => construct?.startsWith(`${name}(`));
}
