import { describe } from 'vitest';
import { createTensorflowExecutor, probeTensorflow } from '../../server/executors/tfjs';
import { describeTokens } from './tokens';

const found = await probeTensorflow();

describe.runIf(found.available)(found.available ? found.device : `left out because ${found.reason}`, () =>
  describeTokens('TensorFlow', createTensorflowExecutor, 1e-3),
);
