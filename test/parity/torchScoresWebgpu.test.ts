import { describe } from 'vitest';
import { createOnnxExecutor, probeOnnx } from '../../server/executors/onnx';
import { describeTorchScores, JOBS } from '../support/torchScores';

const found = await probeOnnx('webgpu');

/** A software adapter takes minutes a network. */
const FEW = JOBS.filter(({ expression }) => ['ResNet(1, 4)', 'TokenEncoder()'].includes(expression));

// A software adapter (SwiftShader) is good enough to check the numbers.
describe.runIf(found.available)(found.available ? found.device : `left out because ${found.reason}`, () =>
  describeTorchScores('WebGPU', () => createOnnxExecutor({ provider: 'webgpu' }), 1e-2, FEW),
);
