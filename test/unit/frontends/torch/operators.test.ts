/** The page of operators lists those that there are. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { findOperator, operatorNames, parseOperator } from '../../../../server/frontends/torch/lowering/table';

const PAGE = resolve(__dirname, '../../../../docs/pytorch-operators.md');

it('is told in the documentation', () => {
  const [, list] = /<!-- operators -->\n([^<]*)\n<!-- \/operators -->/.exec(readFileSync(PAGE, 'utf8'))!;
  expect(list.match(/`[^`]+`/g)?.map((name) => name.slice(1, -1))).toEqual(operatorNames());
});

it.each([
  ['aten.add_.Tensor', { namespace: 'aten', name: 'add', overload: 'Tensor', isInPlace: true }],
  ['aten.conv2d.padding', { namespace: 'aten', name: 'conv2d', overload: 'padding', isInPlace: false }],
  ['aten.__and__.Tensor', { namespace: 'aten', name: '__and__', overload: 'Tensor', isInPlace: false }],
  ['python.and_', { namespace: 'python', name: 'and_', overload: 'default', isInPlace: false }],
])('takes %s apart', (operator, expected) => {
  expect(parseOperator(operator)).toEqual(expected);
  expect(findOperator(parseOperator(operator))).toBeDefined();
});

it('knows no operator by what every object has', () => {
  expect(findOperator(parseOperator('aten.toString'))).toBeUndefined();
  expect(findOperator(parseOperator('other.add'))).toBeUndefined();
});
