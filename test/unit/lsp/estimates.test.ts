import { describe, expect, it } from 'vitest';
import { examplesFor } from '../../../server/lsp/model/estimates';
import type { LayerSummary } from '../../../server/protocol/results';

const network = (...macs: readonly number[]) => ({ layers: macs.map((one) => ({ macs: one }) as LayerSummary) });

describe('the examples that an estimate is made on', () => {
  it('are all that are asked for where the network is small, or the criterion needs none', () => {
    expect(examplesFor(network(40e6), 'snip')).toBeUndefined();
    expect(examplesFor(network(), 'snip')).toBeUndefined();
    expect(examplesFor(network(500e6, 56e6), 'magnitude')).toBeUndefined();
  });

  it('are fewer the larger the network is, and never too few for batch normalization', () => {
    expect(examplesFor(network(500e6, 56e6), 'snip')).toBe(21);
    expect(examplesFor(network(4e9), 'snip')).toBe(16);
  });
});
