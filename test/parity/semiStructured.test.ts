/** 2:4 masks of a vision transformer, against PyTorch's own conversion to its semi-structured format. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { groupLayout, parsePattern, patternChoice, selectByPattern } from '../../server/pruning/pattern';
import { createRandom } from '../../server/random';
import { TEST_PYTHON, whyNoPython } from '../support/python';

/** Inputs and outputs of the linear layers in a block of width 64, of the classifier, and of one with few outputs. */
const LINEAR: readonly (readonly [inputs: number, outputs: number])[] = [
  [64, 192],
  [64, 64],
  [64, 256],
  [256, 64],
  [64, 32],
];

const MODULE = resolve(__dirname, '../../server/masks/python/masks_module.py');

interface Answer {
  readonly kept: boolean | string;
  readonly follows: boolean;
  readonly brokenKept: boolean | string;
  readonly brokenFollows: boolean;
}

/** The mask as PyTorch lays it out: a row of inputs for each output. */
function rowsOf(mask: Uint8Array, inputs: number, outputs: number): number[] {
  return Array.from({ length: mask.length }, (_, i) => mask[(i % inputs) * outputs + Math.floor(i / inputs)]);
}

const missing = whyNoPython();
const title = missing ? ` (left out because ${missing})` : '';

describe.skipIf(missing !== undefined)(`2:4 masks in PyTorch${title}`, () => {
  it('come back from the semi-structured format, and broken ones do not', () => {
    const asked = LINEAR.map(([inputs, outputs], layer) => {
      const tensor = { name: 'linear', layer: 'linear', shape: [inputs, outputs] };
      const scores = new Float32Array(inputs * outputs);
      createRandom(layer, 'scores').fillNormal(scores, 0, 1);
      const choice = patternChoice(parsePattern('2:4'), [tensor]);
      expect(choice.layouts.get('linear')).toEqual(groupLayout(tensor));
      const mask = selectByPattern(new Map([['linear', scores]]), choice).get('linear')!;
      return { shape: [outputs, inputs], mask: rowsOf(mask, inputs, outputs) };
    });
    const options = { input: JSON.stringify(asked), encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
    const { stdout, stderr, status } = spawnSync(TEST_PYTHON, [join(__dirname, 'semi_structured.py'), MODULE], options);
    expect(status, stderr).toBe(0);
    const answers = JSON.parse(stdout) as Answer[];
    expect(answers).toHaveLength(LINEAR.length);
    for (const answer of answers) {
      expect(answer).toEqual({ kept: true, follows: true, brokenKept: false, brokenFollows: false });
    }
  });
});
