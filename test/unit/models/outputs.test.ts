/** Which output of a model with several is used. */
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { chooseOutput, describeChoice } from '../../../server/models/outputs';
import { failureOf } from '../../support/models';
import { wire } from '../../support/wiring';

const description = wire(
  { input: [4] },
  [
    ['trunk', 'Dense', { units: 6, activation: 'relu' }, 'input'],
    ['kind', 'Dense', { units: 3 }, 'trunk'],
    ['1', 'Dense', { units: 2 }, 'trunk'],
    ['odd', 'Dense', { units: 2 }, 'trunk'],
  ],
  ['kind', '1', 'odd'],
);

describe('an output', () => {
  it('is the first one, or the one that is named, or the one of that number', () => {
    const names = ['kind', '1', 'odd'];
    expect([undefined, 'odd', '1', '0', '2'].map((wanted) => chooseOutput(names, wanted, 'net'))).toEqual([
      0, 2, 1, 0, 2,
    ]);
  });

  it('that is not there is told with those that are', async () => {
    const error = await failureOf(() => chooseOutput(['kind', 'side'], '2', 'net'));
    expect([error.kind, error.message]).toEqual(['usage', "net has no output '2': it has 2 outputs, 'kind', 'side'."]);
  });

  it('of a model with one is asked for by its name or 0 only', async () => {
    expect([chooseOutput(['logits'], 'logits', 'net'), chooseOutput(['logits'], '0', 'net')]).toEqual([0, 0]);
    const error = await failureOf(() => chooseOutput(['logits'], '1', 'net'));
    expect(error.message).toBe("net has no output '1': it has one output, 'logits'.");
  });

  it.each(['out.safetensors', 'runs/x', 'runs\\x', './masks'])('%s is taken for a path', async (path) => {
    expect((await failureOf(() => chooseOutput(['kind'], path, 'net'))).hint).toContain('named with --out.');
  });

  it('is the end of the network, and what it does not need is left out', () => {
    const first = createNetwork(description);
    expect([first.classes, first.layers.map(({ name }) => name)]).toEqual([3, ['input', 'trunk', 'kind']]);
    const second = createNetwork(description, undefined, '1');
    expect([second.classes, second.outputs]).toEqual([2, { names: ['kind', '1', 'odd'], chosen: 1 }]);
    expect(second.parameters.map(({ name }) => name)).toEqual(['trunk/kernel', 'trunk/bias', '1/kernel', '1/bias']);
    expect(second.fingerprint).not.toBe(first.fingerprint);
  });

  it('is told of where there are several and none was asked for', () => {
    expect(describeChoice('net', createNetwork(description).outputs)).toBe(
      'net has 3 outputs (kind, 1, odd); kind is used. Choose another one with --output.',
    );
    expect(describeChoice('net', { names: ['kind'], chosen: 0 })).toBeUndefined();
    expect(describeChoice('net', undefined)).toBeUndefined();
  });
});
