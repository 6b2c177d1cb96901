/** Objectives over classes differ in their loss alone. */
import type { Builder } from '../graph/builder';
import { mean } from '../graph/compose';
import type { Node } from '../graph/types';
import { classMeasures, classMetrics, finishClasses, stepAccuracy } from './classMeasures';
import { checkClasses, findWrongClass, readClasses } from './classOutput';
import { isMisfit, type Objective, type Predicted } from './types';

interface ClassLoss extends Pick<Objective, 'name' | 'title' | 'configure'> {
  /** Loss of each example, [n], from logits and one-hot targets [n, …labels.shape, classes]. */
  losses(b: Builder, logits: Node, targets: Node): Node;
  /** Mean of the losses, where there is a shorter way to it. */
  batchLoss?(b: Builder, logits: Node, targets: Node): Node;
  /** It needs a class for each pixel. */
  readonly isForPixels?: boolean;
}

/** One-hot rows of a batch's classes. */
export function targetsOf(b: Builder, { y, labels }: Predicted): Node {
  return b.oneHot(y, labels.classes);
}

/** The objective of a loss over the softmax of a model's logits. */
export function classObjective(loss: ClassLoss): Objective {
  const { name, title, losses, isForPixels = false, configure } = loss;
  const batchLoss = loss.batchLoss ?? ((b, logits, targets) => mean(b, losses(b, logits, targets)));
  return {
    name,
    title,
    // A sigmoid here is one that somebody has chosen a loss over classes for.
    leavesOut: ['softmax', 'sigmoid'],
    isOfLogits: true,
    ...(configure && { configure }),
    suits: ({ endings }) => endings.every(({ kind }) => kind !== 'sigmoid'),
    read(output) {
      const read = readClasses(output);
      if (isMisfit(read) || !isForPixels || read.shape.length > 0) return read;
      return {
        problem: `the loss ${name} is for segmentation, but ${output.model} gives one class for an example.`,
      };
    },
    checkDataset: checkClasses,
    findWrongLabel: findWrongClass,
    loss: (b, batch) => batchLoss(b, batch.logits, targetsOf(b, batch)),
    metrics: classMetrics,
    stepMetrics: [stepAccuracy],
    measures(b, batch) {
      const targets = targetsOf(b, batch);
      return classMeasures(b, batch, targets, losses(b, batch.logits, targets));
    },
    finish: finishClasses,
  };
}
