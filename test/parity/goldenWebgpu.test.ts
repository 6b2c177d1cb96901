import { describe } from 'vitest';
import { createOnnxExecutor, probeOnnx } from '../../server/executors/onnx';
import { describeGolden } from './golden';

const found = await probeOnnx('webgpu');

// A software adapter (SwiftShader) is good enough to check the numbers.
describe.runIf(found.available)(found.available ? found.device : `left out because ${found.reason}`, () =>
  describeGolden('WebGPU', () => createOnnxExecutor({ provider: 'webgpu' }), 1e-2),
);
