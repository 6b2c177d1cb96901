import { createOnnxExecutor } from '../../server/executors/onnx';
import { describeCriteria } from './criteria';

describeCriteria('ONNX Runtime on the CPU', () => createOnnxExecutor({ provider: 'cpu' }), 1e-3);
