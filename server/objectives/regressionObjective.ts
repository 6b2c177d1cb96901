/** Objectives over values differ in their loss alone. */
import type { Builder } from '../graph/builder';
import { mean } from '../graph/compose';
import type { Node } from '../graph/types';
import {
  finishRegression,
  REGRESSION_METRICS,
  regressionMeasures,
  residuals,
  stepAbsoluteError,
  unmeasuredOfRegression,
} from './regressionMeasures';
import type { ModelOutput, Objective } from './types';
import { adaptValues, checkValues, findNotFinite, valueLabels } from './valueOutput';

interface RegressionLoss extends Pick<Objective, 'name' | 'title' | 'configure'> {
  /** Loss of each difference between an output and its label. */
  penalty(b: Builder, residuals: Node): Node;
  readonly suits: (output: ModelOutput) => boolean;
}

/** The objective of a loss over the differences between a model's outputs, as the model gives them, and its labels. */
export function regressionObjective({ name, title, configure, penalty, suits }: RegressionLoss): Objective {
  const losses: Objective['loss'] = (b, batch) => mean(b, penalty(b, residuals(b, batch)), [1]);
  return {
    name,
    title,
    leavesOut: [],
    isOfLogits: false,
    suits,
    ...(configure && { configure }),
    read: (output) => valueLabels('regression', output),
    adaptDataset: adaptValues,
    checkDataset: checkValues,
    findWrongLabel: findNotFinite,
    loss: (b, batch) => mean(b, losses(b, batch)),
    metrics: () => REGRESSION_METRICS,
    unmeasured: unmeasuredOfRegression,
    stepMetrics: [stepAbsoluteError],
    measures: (b, batch) => regressionMeasures(b, batch, losses(b, batch)),
    finish: finishRegression,
  };
}
