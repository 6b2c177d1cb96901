/** What `--ratios` says. */
import { usageError } from '../../protocol/errors';
import { PROPORTIONS } from './proportions';

/** `global` compares the scores of all layers, and gives no ratios. */
const NAMES = ['global', ...Object.keys(PROPORTIONS), 'lamp'] as const;

export type Ratios =
  | { readonly kind: 'global' | 'lamp' | keyof typeof PROPORTIONS }
  /** Densities in proportion, by patterns of layers' names; the first that matches counts. */
  | { readonly kind: 'given'; readonly densities: readonly { readonly pattern: string; readonly density: number }[] };

/**
 * @throws UserError (usage) where the text is neither a name nor a list `PATTERN=DENSITY,…` of positive densities up to 1.
 */
export function parseRatios(text: string): Ratios {
  const name = NAMES.find((one) => one === text);
  if (name !== undefined) return { kind: name as Exclude<Ratios['kind'], 'given'> };
  const densities = text.split(',').map((part) => {
    const at = part.lastIndexOf('=');
    const pattern = part.slice(0, Math.max(at, 0)).trim();
    const density = Number(part.slice(at + 1));
    if (pattern === '' || part.slice(at + 1).trim() === '' || !(density > 0 && density <= 1)) {
      throw usageError(
        `Layer ratios "${text}" are neither a name nor densities of layers.`,
        `Give ${NAMES.join(', ')}, or densities above 0 and up to 1 by layer: --ratios "conv1=1,conv*=0.2,*=0.05".`,
      );
    }
    return { pattern, density };
  });
  return { kind: 'given', densities };
}
