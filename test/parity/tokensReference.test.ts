import { createReferenceExecutor } from '../../server/executors/reference';
import { describeTokens } from './tokens';

describeTokens('the reference', async () => createReferenceExecutor(), 1e-5);
