/** How stable a scoring is, in words and as a table. */
import { formatPercent } from '../../format';
import { chosenAgain, type Stability, type StabilityFigures } from '../../protocol/stability';
import { formatTable } from '../terminal/table';

function sentence({ maskIou, chanceIou, rankCorrelation }: StabilityFigures, what: string): string {
  return (
    `${what}, ${formatPercent(chosenAgain(maskIou))} of these weights would be chosen again ` +
    `(mask IoU ${maskIou.toFixed(3)}, by chance ${chanceIou.toFixed(3)}; rank correlation ${rankCorrelation.toFixed(3)}).`
  );
}

/** A sentence for each way in which it was scored again. */
export function stabilityLines({ weights, batches }: Stability): string[] {
  return [
    sentence(weights, 'With weights changed a little'),
    ...(batches ? [sentence(batches, 'On other batches')] : []),
  ];
}

/** Mask IoU and rank correlation of each layer. */
export function stabilityTable({ weights, batches }: Stability): string {
  const number = (value: number) => value.toFixed(3);
  const both = (layer: { readonly maskIou: number; readonly rankCorrelation: number }) => [
    number(layer.maskIou),
    number(layer.rankCorrelation),
  ];
  const right = (title: string) => ({ title, align: 'right' }) as const;
  return formatTable(
    [
      { title: 'layer' },
      right('changed: IoU'),
      right('ranks'),
      ...(batches ? [right('batches: IoU'), right('ranks')] : []),
    ],
    [...weights.layers.entries()].map(([i, layer]) => [
      layer.layer,
      ...both(layer),
      ...(batches ? both(batches.layers[i]) : []),
    ]),
  );
}
