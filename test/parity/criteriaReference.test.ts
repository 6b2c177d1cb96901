import { createReferenceExecutor } from '../../server/executors/reference';
import { describeCriteria } from './criteria';

// Inputs and scores are stored in float32, which is all that separates the interpreter from them.
describeCriteria('the reference interpreter', async () => createReferenceExecutor(), 1e-5, true);
