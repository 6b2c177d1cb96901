import { describe } from 'vitest';
import { createTensorflowExecutor, probeTensorflow } from '../../server/executors/tfjs';
import { describeCriteria } from './criteria';

const found = await probeTensorflow();

describe.runIf(found.available)(found.available ? found.device : `left out because ${found.reason}`, () =>
  describeCriteria('TensorFlow', createTensorflowExecutor, 1e-3),
);
