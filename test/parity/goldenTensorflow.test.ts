import { describe } from 'vitest';
import { createTensorflowExecutor, probeTensorflow } from '../../server/executors/tfjs';
import { describeGolden } from './golden';

const found = await probeTensorflow();

describe.runIf(found.available)(found.available ? found.device : `left out because ${found.reason}`, () =>
  describeGolden('TensorFlow', createTensorflowExecutor, 1e-3),
);
