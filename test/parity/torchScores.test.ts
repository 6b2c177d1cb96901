import { createReferenceExecutor } from '../../server/executors/reference';
import { describeTorchScores } from '../support/torchScores';

describeTorchScores('the reference', createReferenceExecutor, 1e-3);
