import { createOnnxExecutor } from '../../server/executors/onnx';
import { describeTorchScores } from '../support/torchScores';

describeTorchScores('ONNX Runtime on the CPU', () => createOnnxExecutor({ provider: 'cpu' }), 1e-3);
