/** Segmentation: losses and measures against sums by hand, derivatives against differences, and that training works. */
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../server/data/open';
import { createReferenceExecutor, interpret } from '../../../server/executors/reference';
import { openExecutor } from '../../../server/executors/select';
import type { LayerDescription, ModelDescription } from '../../../server/frontends/keras/description';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { gradient, jvp } from '../../../server/graph/autodiff';
import { createBuilder } from '../../../server/graph/builder';
import { createProgram } from '../../../server/graph/program';
import { checkTask, forTraining } from '../../../server/models/task';
import { findObjective, isMisfit, OBJECTIVES } from '../../../server/objectives';
import {
  intersectionsOverUnions,
  meanIntersectionOverUnion,
  pixelAccuracy,
} from '../../../server/objectives/confusion';
import { scoreNetwork } from '../../../server/pruning';
import { findCriterion } from '../../../server/pruning/criteria';
import { completeConfig } from '../../../server/training/config';
import { createEvaluator } from '../../../server/training/evaluate';
import { parameterKey, uploadState } from '../../../server/training/state';
import { train } from '../../../server/training/train';
import { failureOf } from '../../support/models';
import { chain, FILE, randomValues } from '../../support/networks';
import { initialWeights, trainingTask } from '../../support/training';

/** A U-Net of one level: convolution, pooling, convolution, up-sampling, joined with what was before the pooling. */
function tinyUnet(size = 8, filters = 4, classes = 3): ModelDescription {
  const layer = (name: string, className: string, config: LayerDescription['config'], ...inputs: string[]) => ({
    name,
    className,
    config,
    calls: [inputs.map((input) => ({ layer: input, call: 0, output: 0 }))],
    source: [{ file: FILE, line: 1, column: 1 }],
  });
  const convolution = { kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer: 'heNormal' };
  return {
    name: 'tiny-unet',
    file: FILE,
    layers: [
      layer('input', 'InputLayer', { batchInputShape: [null, size, size, 1] }),
      layer('down', 'Conv2D', { ...convolution, filters }, 'input'),
      layer('pool', 'MaxPooling2D', {}, 'down'),
      layer('bottom', 'Conv2D', { ...convolution, filters: 2 * filters }, 'pool'),
      layer('up', 'UpSampling2D', { interpolation: 'bilinear' }, 'bottom'),
      layer('join', 'Concatenate', {}, 'down', 'up'),
      layer('merge', 'Conv2D', { ...convolution, filters }, 'join'),
      layer('logits', 'Conv2D', { filters: classes, kernelSize: 1, activation: 'softmax' }, 'merge'),
    ],
    inputs: [{ layer: 'input', call: 0, output: 0 }],
    outputs: [{ layer: 'logits', call: 0, output: 0 }],
  };
}

const SHAPE = [2, 3, 2, 3];
const LABELS = Int32Array.of(0, 0, 1, 1, 0, 1, 2, 2, 2, 0, 2, 0);

/** Loss of logits [2, 3, 2, 3] with the labels above, and its derivatives: gradient, and Hessian times a direction. */
function lossProgram(loss: string) {
  const b = createBuilder();
  const logits = b.input('logits', SHAPE);
  const y = b.input('labels', [2, 3, 2], 'int32');
  const labels = { task: 'segmentation', shape: [3, 2], dtype: 'int32', classes: 3, balanced: false } as const;
  const value = findObjective(loss).loss(b, { logits, y, labels });
  const [first] = gradient(b, value, [logits]);
  const [product] = jvp(b, [first], [logits], [b.input('direction', SHAPE)]);
  return createProgram('loss', { value, first, product });
}

function evaluateLoss(loss: string, logits: Float64Array, direction = new Float64Array(logits.length)) {
  return interpret(lossProgram(loss), {
    logits: { shape: SHAPE, data: logits },
    labels: { shape: [2, 3, 2], data: LABELS },
    direction: { shape: SHAPE, data: direction },
  } as Parameters<typeof interpret>[1]) as { [name: string]: { data: Float64Array } };
}

/** Softmax probabilities of each pixel of [2, 3, 2, 3] logits. */
function probabilities(logits: Float64Array): number[][] {
  return Array.from({ length: logits.length / 3 }, (_, pixel) => {
    const exponentials = Array.from(logits.subarray(3 * pixel, 3 * pixel + 3), Math.exp);
    const sum = exponentials.reduce((total, value) => total + value);
    return exponentials.map((value) => value / sum);
  });
}

const LOGITS = Float64Array.from(randomValues(SHAPE, 3).data);

describe('losses', () => {
  it('are the mean cross-entropy over all pixels', () => {
    const expected = probabilities(LOGITS).reduce((sum, p, pixel) => sum - Math.log(p[LABELS[pixel]]), 0) / 12;
    expect(evaluateLoss('cross-entropy', LOGITS).value.data[0]).toBeCloseTo(expected, 12);
  });

  it('are the soft Dice loss of each example and class', () => {
    const p = probabilities(LOGITS);
    let overlap = 0;
    for (const example of [0, 1]) {
      for (const label of [0, 1, 2]) {
        const pixels = Array.from({ length: 6 }, (_, i) => 6 * example + i);
        const sum = (value: (pixel: number) => number) => pixels.reduce((total, pixel) => total + value(pixel), 0);
        const isLabel = (pixel: number) => Number(LABELS[pixel] === label);
        const common = sum((pixel) => p[pixel][label] * isLabel(pixel));
        const total = sum((pixel) => p[pixel][label] + isLabel(pixel));
        overlap += (2 * common + 1) / (total + 1) / 6;
      }
    }
    const dice = evaluateLoss('dice', LOGITS).value.data[0];
    expect(dice).toBeCloseTo(1 - overlap, 12);
    const both = evaluateLoss('cross-entropy+dice', LOGITS).value.data[0];
    expect(both).toBeCloseTo(dice + evaluateLoss('cross-entropy', LOGITS).value.data[0], 12);
  });

  it('have Dice losses of 0 where all is right beyond doubt, also of classes that are absent', () => {
    const sure = new Float64Array(36);
    LABELS.forEach((label, pixel) => {
      sure[3 * pixel + label] = 100;
    });
    expect(evaluateLoss('dice', sure).value.data[0]).toBeCloseTo(0, 12);
  });

  const output = { model: 'net', shape: SHAPE.slice(1), endings: [] };
  const ofClasses = OBJECTIVES.filter((objective) => {
    const labels = objective.read(output);
    return !isMisfit(labels) && labels.dtype === 'int32' && labels.shape.length === 2;
  }).map(({ name }) => name);
  it.each(ofClasses)('%s has the first and second derivatives of differences', (loss) => {
    const direction = Float64Array.from(randomValues(SHAPE, 4).data);
    const { first, product } = evaluateLoss(loss, LOGITS, direction);
    const step = 1e-5;
    const moved = (sign: number) =>
      evaluateLoss(
        loss,
        LOGITS.map((value, i) => value + sign * step * direction[i]),
      );
    const [ahead, behind] = [moved(1), moved(-1)];
    const slope = first.data.reduce((sum, value, i) => sum + value * direction[i], 0);
    expect(slope).toBeCloseTo((ahead.value.data[0] - behind.value.data[0]) / (2 * step), 8);
    product.data.forEach((value, i) => {
      expect(value).toBeCloseTo((ahead.first.data[i] - behind.first.data[i]) / (2 * step), 8);
    });
  });
});

describe('measures', () => {
  // Rows are true classes: 3 + 1 + 0, 2 + 2 + 0, and a class that neither occurs nor is predicted.
  const counts = [3, 1, 0, 2, 2, 0, 0, 0, 0];

  it('are those of the confusion matrix', () => {
    expect(pixelAccuracy(counts, 3)).toBeCloseTo(5 / 8, 12);
    expect(intersectionsOverUnions(counts, 3)).toEqual([3 / 6, 2 / 5, Number.NaN]);
    expect(meanIntersectionOverUnion(counts, 3)).toBeCloseTo((0.5 + 0.4) / 2, 12);
    // A class that is only predicted counts, as never found.
    expect(meanIntersectionOverUnion([3, 1, 1, 2], 2)).toBeCloseTo((3 / 5 + 2 / 4) / 2, 12);
    expect(meanIntersectionOverUnion([3, 1, 0, 0], 2)).toBeCloseTo((3 / 4 + 0) / 2, 12);
  });

  it('count every pixel of the split once, whatever the batch', async () => {
    const network = createNetwork(tinyUnet());
    const { test, shape } = await openDataset('cells:8x8:4:7');
    const weights = initialWeights(network);
    const executor = createReferenceExecutor();
    const state = uploadState(
      executor,
      new Map(
        network.parameters.map(({ name, shape: own }) => [
          parameterKey(name),
          { shape: own, dtype: 'float32' as const, data: weights.get(name)! },
        ]),
      ),
    );

    const x = new Float32Array(7 * 64);
    test.read([0, 1, 2, 3, 4, 5, 6], x);
    const b = createBuilder();
    const nodes = new Map(network.parameters.map(({ name, shape: own }) => [name, b.input(name, own)]));
    const { logits } = network.apply(b, [b.input('x', [7, ...shape])], nodes, 'evaluate');
    const program = createProgram('predict', { predicted: b.argMax(logits, 3) });
    const values = Object.fromEntries(
      network.parameters.map(({ name, shape: own }) => [
        name,
        { shape: own, data: Float64Array.from(weights.get(name)!) },
      ]),
    );
    const inputs = { ...values, x: { shape: [7, ...shape], data: Float64Array.from(x) } };
    const predicted = interpret(program, inputs).predicted.data;
    const expected = new Float64Array(9);
    predicted.forEach((label, pixel) => {
      expected[test.labels[pixel] * 3 + label]++;
    });

    const minimizing = network.withObjective(findObjective('cross-entropy+dice'), network.labels);
    const results = [];
    for (const batchSize of [7, 3]) {
      const evaluator = await createEvaluator(minimizing, executor, batchSize);
      results.push(await evaluator.evaluate(state, test));
      await evaluator.dispose();
    }
    for (const { accuracy, meanIoU } of results) {
      expect(accuracy).toBe(pixelAccuracy(expected, 3));
      expect(meanIoU).toBe(meanIntersectionOverUnion(expected, 3));
    }
    expect(results[1].loss).toBeCloseTo(results[0].loss, 6);
  });
});

describe('models', () => {
  it('say what they are for by the rank of their output', () => {
    const { task, labelShape, classes } = createNetwork(tinyUnet());
    expect({ task, labelShape, classes }).toEqual({ task: 'segmentation', labelShape: [8, 8], classes: 3 });
    const classifier = createNetwork(chain([4], ['fc', 'Dense', { units: 3 }]));
    expect(classifier).toMatchObject({ task: 'classification', labelShape: [], classes: 3 });
  });

  it('leave their softmax out where it is over the classes, and only there', async () => {
    const head = (axis: number) =>
      chain([4, 3, 1], ['conv', 'Conv2D', { filters: 3, kernelSize: 1 }], ['softmax', 'Softmax', { axis }]);
    expect(createNetwork(head(-1)).task).toBe('segmentation');
    expect(createNetwork(head(3)).classes).toBe(3);
    // Also 3 wide, but another axis.
    expect((await failureOf(() => createNetwork(head(2)))).message).toContain('must be over all classes');
    const reshaped = chain(
      [4],
      ['fc', 'Dense', { units: 12 }],
      ['pixels', 'Reshape', { targetShape: [6, 2] }],
      ['softmax', 'Softmax', {}],
      ['image', 'Reshape', { targetShape: [2, 3, 2] }],
    );
    expect(createNetwork(reshaped).labelShape).toEqual([2, 3]);
  });

  it('need two classes a pixel at least', async () => {
    const single = chain([4, 4, 1], ['conv', 'Conv2D', { filters: 1, kernelSize: 1 }]);
    const network = createNetwork(single);
    expect(network.task).toBe('regression');
    const { message, hint } = await failureOf(() => forTraining(network, { objective: 'cross-entropy' }));
    expect(message).toContain("The model's output has a single value for each pixel");
    expect(hint).toContain('background and foreground');
  });

  it('and data must be for the same task', async () => {
    const network = createNetwork(tinyUnet());
    const wrong = (dataset: Parameters<typeof checkTask>[1], model = network) =>
      failureOf(() => checkTask(model, dataset));
    expect((await wrong({ name: 'digits' })).message).toBe(
      'tiny-unet gives a class for each of 8x8 pixels, but digits has one class for an example.',
    );
    const classifier = createNetwork(chain([4], ['fc', 'Dense', { units: 3 }]));
    expect((await wrong({ name: 'cells', labelShape: [8, 8] }, classifier)).message).toBe(
      'net gives one class for an example, but cells has one for each of 8x8 pixels.',
    );
    expect((await wrong({ name: 'cells', labelShape: [16, 8] })).message).toContain('the masks of cells are 16x8');
    checkTask(network, { name: 'cells', labelShape: [8, 8] });
  });
});

describe('training', () => {
  const network = createNetwork(tinyUnet());

  it.each(['cross-entropy', 'cross-entropy+dice'] as const)('with %s raises the mean IoU', async (loss) => {
    const dataset = await openDataset('cells:16x16:96:32');
    const options = { epochs: 8, batchSize: 8, loss, augmentation: { flip: true, crop: 1 } };
    const optimizer = { kind: 'adam', learningRate: 0.01 } as const;
    const executor = await openExecutor({ backend: 'cpu' }, { trusted: true });
    const { epochs } = await train(
      trainingTask(
        {},
        {
          network: createNetwork(tinyUnet(16, 8)),
          dataset,
          executor,
          config: completeConfig({ ...options, optimizer }),
        },
      ),
    );
    await executor.dispose();
    const [first, last] = [epochs[0], epochs[7]];
    expect(last.testMeanIoU).toBeGreaterThan(first.testMeanIoU! + 0.1);
    expect(last.trainLoss).toBeLessThan(first.trainLoss);
    expect(last.testAccuracy).toBeGreaterThan(0.8);
  });

  it('refuses a Dice loss where examples have one class, and data for another task', async () => {
    const config = completeConfig({ loss: 'dice', epochs: 1, batchSize: 16 });
    expect((await failureOf(train(trainingTask({}, { config })))).message).toContain('dice is for segmentation');
    const { dataset } = trainingTask();
    const shaped = { ...dataset, shape: [8, 8, 1], train: dataset.train };
    const task = trainingTask({ batchSize: 4 }, { network, dataset: shaped });
    expect((await failureOf(train(task))).message).toContain('clouds has one class for an example');
  });

  it('keeps the settings of runs of the cross-entropy as they were', () => {
    expect('loss' in completeConfig({ loss: 'cross-entropy' })).toBe(false);
    expect(completeConfig({ loss: 'dice' }).loss).toBe('dice');
  });
});

describe('criteria', () => {
  it.each(['snip', 'grasp', 'synflow', 'prospr'])('%s scores by the loss of the pixels', async (name) => {
    const network = createNetwork(tinyUnet(8, 2));
    const { train: split } = await openDataset('cells:8x8:8:1');
    const x = new Float32Array(4 * 64);
    const batches = [0, 1].map((k) => {
      split.read([4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3], x.subarray(0));
      return { x: x.slice(), y: Int32Array.from(split.labels.subarray(4 * k * 64, 4 * (k + 1) * 64)), size: 4 };
    });
    const { scores } = await scoreNetwork({
      criterion: findCriterion(name),
      network,
      weights: initialWeights(network),
      prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name: own }) => own),
      executor: createReferenceExecutor(),
      options: { steps: 1, iterations: 2 },
      seed: 0,
      givenBatches: batches,
    });
    expect([...scores.keys()]).toEqual(['down/kernel', 'bottom/kernel', 'merge/kernel', 'logits/kernel']);
    for (const values of scores.values()) expect(values.some((value) => value !== 0)).toBe(true);
  });
});
