import { createOnnxExecutor } from '../../server/executors/onnx';
import { describeGolden } from './golden';

describeGolden('ONNX Runtime on the CPU', () => createOnnxExecutor({ provider: 'cpu' }), 1e-3);
