import { createReferenceExecutor } from '../../server/executors/reference';
import { describeGolden } from './golden';

// Inputs and scores are stored in float32, which is all that separates the interpreter from them.
describeGolden('the reference interpreter', async () => createReferenceExecutor(), 1e-5);
