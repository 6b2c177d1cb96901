/** The lines that messages about a network point at. */
import { describe, expect, it } from 'vitest';
import { firstLine, lastLine, lineOfParameter } from '../../../server/models/lines';
import { forTraining } from '../../../server/models/task';
import type { Network } from '../../../server/models/types';
import type { UserError } from '../../../server/protocol/errors';
import { checkFinite } from '../../../server/pruning/selection';
import { resolveRequest } from '../../../server/request/resolve';
import { plainNetwork } from '../../support/training';

const at = (line: number) => ({ file: '/w/net.py', line, column: 1 });
const layer = (name: string, line: number | undefined) => ({
  name,
  className: 'Linear',
  source: line === undefined ? [] : [at(line), at(90)],
  outputShape: [4],
  parameters: [`${name}.weight`, `${name}.bias`],
  macs: 1,
});
const layers = [layer('input', undefined), layer('first', 3), layer('second', 5), layer('output', undefined)];

async function failure(act: () => unknown): Promise<UserError> {
  try {
    await act();
  } catch (error) {
    return error as UserError;
  }
  throw new Error('nothing failed');
}

describe('lines of a network', () => {
  it('are those where its layers were made, the innermost first', () => {
    expect(lineOfParameter(layers, 'second.bias')).toEqual(at(5));
    expect(lineOfParameter(layers, 'output.bias')).toBeUndefined();
    expect(lineOfParameter(layers, 'third.bias')).toBeUndefined();
    expect([firstLine(layers), lastLine(layers)]).toEqual([at(3), at(5)]);
    expect([firstLine([]), lastLine([])]).toEqual([undefined, undefined]);
  });

  it('go with a score that is no number', async () => {
    const scores = new Map([['second.weight', Float32Array.of(1, Number.NaN)]]);
    const { location } = await failure(() => checkFinite(scores, layers));
    expect(location).toEqual(at(5));
  });

  it('go with a network of which nothing can be pruned, and with an output that an objective cannot read', async () => {
    const plain = { ...plainNetwork(), layers };
    const bare: Network = { ...plain, parameters: [] };
    const nothing = await failure(() =>
      resolveRequest({ specifier: 'net.py', flags: { data: 'noise' }, settings: {}, network: bare }),
    );
    expect([nothing.message, nothing.location]).toEqual([
      `${bare.name} has no dense or convolution layer that could be pruned.`,
      at(3),
    ]);
    const unread = await failure(() => forTraining(plain, { objective: 'dice' }));
    expect(unread.location).toEqual(at(5));
  });
});
