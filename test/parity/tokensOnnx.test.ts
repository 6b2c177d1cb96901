import { createOnnxExecutor } from '../../server/executors/onnx';
import { describeTokens } from './tokens';

describeTokens('ONNX Runtime on the CPU', () => createOnnxExecutor({ provider: 'cpu' }), 1e-3);
