/** The executor in PyTorch against the float64 reference, operation by operation, in value and in both derivatives. */
import { describe } from 'vitest';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { describeParity } from './executorSuite';

const reason = whyNoPython();
const title = reason === undefined ? 'PyTorch on the CPU' : `left out because ${reason}`;

describe.skipIf(reason !== undefined)(title, () => {
  describeParity(() => createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' }));
});
