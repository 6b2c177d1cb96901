/** The executor in the user's own PyTorch. */
export { createTorchExecutor } from './executor';
