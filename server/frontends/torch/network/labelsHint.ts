/** Models that give something else where they are not given labels: nanoGPT without targets gives its last position alone. */
import type { ModelInput } from '../../../protocol/modelSetup';
import type { ExportedModel } from '../exported';

/** Names that arguments for labels have. */
const LABELS = /^(y|.*(target|label).*)$/i;

/**
 * What to do where the output of a model is none that it could be trained by, and its forward takes labels that it was not given; undefined
 * where it takes none.
 * @param given What was said of its inputs.
 * @param leftToDefault Names of its inputs that nothing was said of.
 */
export function labelsHint(
  { inputs }: Pick<ExportedModel, 'inputs'>,
  given: readonly ModelInput[],
  leftToDefault: readonly string[],
): string | undefined {
  const labels = leftToDefault.filter((name) => LABELS.test(name));
  if (labels.length === 0) return undefined;
  const described = inputs.map(({ name, shape, dtype }, i) => {
    const below = (given.find((one) => one.name === name) ?? given[i])?.below;
    return `${shape.join(',')}${dtype === 'float32' ? '' : `:${dtype}`}${below === undefined ? '' : `<${below}`}`;
  });
  // Labels of tokens look as the tokens do.
  const tokens = inputs.findIndex(({ dtype }) => dtype === 'int64');
  const named = inputs.map(({ name }, i) => [name, described[i]]);
  const further = labels.map((name) => [name, tokens < 0 ? '…' : described[tokens]]);
  const flags = [...named, ...further].map(([name, one]) => `--input "${name}=${one}"`).join(' ');
  return `Its forward also takes ${labels.join(' and ')}, without which it may give less. Name all inputs: ${flags}.`;
}
