/** ONNX Runtime as an executor. */
export { createOnnxExecutor, type OnnxOptions } from './executor';
export { probeOnnx } from './probe';
export type { OnnxProvider } from './session';
