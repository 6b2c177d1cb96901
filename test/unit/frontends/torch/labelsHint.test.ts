/** What to do about a model that was not given the labels that its forward takes. */
import { expect, it } from 'vitest';
import { labelsHint } from '../../../../server/frontends/torch/network/labelsHint';

const TOKENS = { name: 'idx', shape: [32], dtype: 'int64' };

it('names all inputs, labels of tokens like the tokens', () => {
  expect(labelsHint({ inputs: [TOKENS] }, [{ shape: [32], dtype: 'int64', below: 65 }], ['mask', 'targets'])).toBe(
    'Its forward also takes targets, without which it may give less. Name all inputs: --input "idx=32:int64<65" --input "targets=32:int64<65".',
  );
  const image = { name: 'x', shape: [3, 8, 8], dtype: 'float32' };
  expect(labelsHint({ inputs: [image] }, [], ['y'])).toMatch(/ --input "x=3,8,8" --input "y=…"\.$/);
});

it('says nothing where no input is for labels', () => {
  expect(labelsHint({ inputs: [TOKENS] }, [], ['mask', 'key'])).toBeUndefined();
});
