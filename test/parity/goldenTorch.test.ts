import { describe } from 'vitest';
import { createTorchExecutor } from '../../server/executors/torch/executor';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { describeGolden } from './golden';

const reason = whyNoPython();
const open = () => createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' });

describe.skipIf(reason !== undefined)(reason === undefined ? 'on the CPU' : `left out because ${reason}`, () =>
  describeGolden('PyTorch', open, 1e-3),
);
