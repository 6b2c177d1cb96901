/** Every way to score weights: the handcrafted criteria, and the learned one. */
import { createAutos } from '../autos/criterion';
import { usageError } from '../protocol/errors';
import { type Criterion, criteria, splitControl, withControl } from '../pruning';
import type { CriterionOptions } from './flags';

/** All of them, with their default options, in the order in which editors offer them. */
export const methods: readonly Criterion[] = [createAutos(), ...criteria];

/**
 * The method of that name, which may end in a control (`snip+shuffle`), with the options that decide what it is.
 *
 * @throws a usage error listing the known ones.
 */
export function findMethod(
  name: string,
  { predictor, exactPredictor }: Pick<CriterionOptions, 'predictor' | 'exactPredictor'> = {},
): Criterion {
  const { method: plainName, control } = splitControl(name);
  const found = methods.find((method) => method.name === plainName);
  if (!found) {
    throw usageError(
      `there is no method "${plainName}"`,
      `Known methods: ${methods.map((known) => known.name).join(', ')}.`,
    );
  }
  if (found.name !== 'autos') return withControl(found, control);
  const autos = createAutos({ ...(predictor !== undefined && { predictor }), exact: exactPredictor ?? false });
  return withControl(autos, control);
}
