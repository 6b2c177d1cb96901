/** Cross-entropy per token: what counts, both orders of its derivatives, and what is measured. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/executors/reference';
import { gradient, jvp } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { defaultObjective, type Labels } from '../../../server/objectives';
import { tokenCrossEntropy } from '../../../server/objectives/tokenCrossEntropy';
import type { Ending } from '../../../server/objectives/types';
import { createRandom } from '../../../server/random';

const [N, T, C] = [3, 4, 5];
// The second example has no token that counts.
const Y = Int32Array.of(0, 4, -1, 2, -100, -1, -1, -100, 3, 3, 1, -100);
const labels: Labels = { task: 'token-classification', shape: [T], dtype: 'int32', classes: C, balanced: false };

function logitsOf(seed: number): Float64Array<ArrayBuffer> {
  const values = new Float32Array(N * T * C);
  createRandom(seed, 'tokens').fillNormal(values, 0, 2);
  return Float64Array.from(values);
}

/** The loss by its definition. */
function expected(logits: Float64Array, y: Int32Array) {
  const rows = Array.from(y, (label, i) => ({ label, row: [...logits.subarray(i * C, (i + 1) * C)] }));
  const counting = rows.filter(({ label }) => label >= 0);
  const losses = counting.map(({ label, row }) => Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[label]);
  const correct = counting.filter(({ label, row }) => row.indexOf(Math.max(...row)) === label).length;
  return {
    loss: losses.reduce((sum, loss) => sum + loss, 0) / Math.max(counting.length, 1),
    accuracy: correct / Math.max(counting.length, 1),
  };
}

function run(logits: Float64Array<ArrayBuffer>, y = Y, direction = new Float64Array(logits.length)) {
  const b = createBuilder();
  const node = b.input('logits', [N, T, C]);
  const target = b.input('y', [N, T], 'int32');
  const batch = { logits: node, y: target, labels };
  const loss = tokenCrossEntropy.loss(b, batch);
  const [slope] = gradient(b, loss, [node]);
  const [product] = jvp(b, [slope], [node], [b.input('direction', [N, T, C])]);
  const [accuracy] = tokenCrossEntropy.stepMetrics.map((metric) => metric.sum(b, batch));
  const shape = [N, T, C];
  const results = interpret(createProgram('loss', { loss, slope, product, accuracy }), {
    logits: { shape, data: logits },
    y: { shape: [N, T], data: y },
    direction: { shape, data: direction },
  });
  return {
    loss: results.loss.data[0],
    slope: [...results.slope.data],
    product: [...results.product.data],
    accuracy: results.accuracy.data[0],
  };
}

describe('cross-entropy per token', () => {
  it('is the mean over the tokens that count', () => {
    const { loss, accuracy } = run(logitsOf(1));
    expect(loss).toBeCloseTo(expected(logitsOf(1), Y).loss, 10);
    expect(accuracy).toBeCloseTo(N * expected(logitsOf(1), Y).accuracy, 10);
    expect(run(logitsOf(1), new Int32Array(N * T).fill(-100)).loss).toBeCloseTo(0, 15);
  });

  it('has the derivatives of differences in both orders', () => {
    const logits = logitsOf(2);
    const direction = logitsOf(3);
    const step = 1e-5;
    const moved = (sign: number) => run(Float64Array.from(logits, (value, i) => value + sign * step * direction[i]));
    const { slope, product } = run(logits, Y, direction);
    const along = slope.reduce((sum, value, i) => sum + value * direction[i], 0);
    expect(along).toBeCloseTo((moved(1).loss - moved(-1).loss) / (2 * step), 7);
    product.forEach((value, i) => {
      expect(value).toBeCloseTo((moved(1).slope[i] - moved(-1).slope[i]) / (2 * step), 7);
    });
    expect(slope.slice(T * C, 2 * T * C).every((value) => value === 0)).toBe(true);
  });

  it('measures perplexity and accuracy of a split, leaving out the copies in its last batch', () => {
    const logits = logitsOf(4);
    const b = createBuilder();
    const measures = tokenCrossEntropy.measures(b, {
      logits: b.input('logits', [N, T, C]),
      y: b.input('y', [N, T], 'int32'),
      labels,
      exampleWeights: b.input('weights', [N]),
    });
    const results = interpret(createProgram('measures', { sums: measures.sums.node }), {
      logits: { shape: [N, T, C], data: logits },
      y: { shape: [N, T], data: Y },
      weights: { shape: [N], data: Float64Array.of(1, 1, 0) },
    });
    const ignoring = Int32Array.from(Y, (label, i) => (i < 2 * T ? label : -1));
    const wanted = expected(logits, ignoring);
    const finished = tokenCrossEntropy.finish({ sums: Float64Array.from(results.sums.data) }, 2, labels, ignoring);
    expect(finished.loss).toBeCloseTo(wanted.loss, 10);
    expect(finished.perplexity).toBeCloseTo(Math.exp(wanted.loss), 8);
    expect(finished.accuracy).toBeCloseTo(wanted.accuracy, 10);
  });

  it('is for [tokens, classes], whose softmax is over the classes', () => {
    const first = (shape: readonly number[], ending: Partial<Ending> = {}) => {
      const endings = [{ kind: 'linear', name: 'linear', shape: [2, ...shape], ...ending } as Ending];
      const chosen = defaultObjective({ model: 'net', shape, endings });
      return 'objective' in chosen ? chosen.objective.name : undefined;
    };
    expect(first([T, C])).toBe('token-cross-entropy');
    expect(first([T, C], { kind: 'softmax', name: 'softmax', axis: -1 })).toBe('token-cross-entropy');
    expect(first([C])).toBe('cross-entropy');
    expect(first([T, T, C])).toBe('cross-entropy');
    expect(first([1, C])).toBeUndefined();
    expect(first([T, C], { kind: 'softmax', name: 'softmax', axis: 1 })).toBeUndefined();
  });

  it('names labels that fit neither the classes nor what is ignored', () => {
    const model = { name: 'net', labels };
    expect(tokenCrossEntropy.findWrongLabel([0, -1, -100, 4], model)).toBeUndefined();
    expect(tokenCrossEntropy.findWrongLabel([0, -2], model)).toEqual({
      index: 1,
      problem: 'is not a class of net: 0 to 4, or -1 and -100',
    });
    expect(tokenCrossEntropy.findWrongLabel([5], model)?.index).toBe(0);
    const check = (labelShape: readonly number[]) => () =>
      tokenCrossEntropy.checkDataset(model, { name: 'texts', labelShape, classes: 5 });
    expect(check([4])).not.toThrow();
    expect(check([3])).toThrow('net gives a class for each of 4 tokens, but texts has classes [3] for an example.');
    expect(check([])).toThrow('but texts has one class for an example.');
  });
});
