/** The short work by which backends are compared: a small convolutional network with batch normalization, on noise. */
import { gradient } from '../../graph/autodiff';
import { createBuilder } from '../../graph/builder';
import { mean, softmaxCrossEntropy } from '../../graph/compose';
import { createProgram } from '../../graph/program';
import type { Node, Program } from '../../graph/types';
import type { WorkKind } from '../types';

/** Images in a batch. */
export const BATCH = 64;
const SIZE = 32;
const CLASSES = 10;
const EPSILON = 1e-3;
const LEARNING_RATE = 1e-3;
/** Channels of the convolutions; the resolution is halved after every second one. */
const CHANNELS = [16, 16, 32, 32, 64];

/** Multiplications of one image's forward pass, in the convolutions. */
export const MACS = CHANNELS.reduce((sum, channels, i) => {
  const size = SIZE / 2 ** Math.floor(i / 2);
  return sum + size * size * 9 * channels * (CHANNELS[i - 1] ?? 3);
}, 0);

/** A weight of the network: its input, and what it is after a step. */
export const updated = (name: string): string => `${name} after`;

/** For `training` a step of gradient descent, whose outputs are the new weights; for `scoring` the gradients. */
export function createStep(kind: WorkKind): Program {
  const b = createBuilder();
  const weights: { readonly name: string; readonly node: Node }[] = [];
  const weight = (name: string, shape: readonly number[]): Node => {
    const node = b.input(name, shape);
    weights.push({ name, node });
    return node;
  };
  let x = b.input('x', [BATCH, SIZE, SIZE, 3]);
  for (const [index, channels] of CHANNELS.entries()) {
    const stride = index % 2 === 0 && index > 0 ? 2 : 1;
    const kernel = weight(`kernel${index}`, [3, 3, x.shape[3], channels]);
    const geometry = { strides: [stride, stride], padding: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
    const convolved = b.conv2d(x, kernel, geometry);
    x = b.relu(
      b.batchNorm(convolved, weight(`gamma${index}`, [channels]), weight(`beta${index}`, [channels]), EPSILON),
    );
  }
  const logits = b.matmul(mean(b, x, [1, 2]), weight('dense', [x.shape[3], CLASSES]));
  const loss = softmaxCrossEntropy(b, logits, b.oneHot(b.input('y', [BATCH], 'int32'), CLASSES));
  const gradients = gradient(
    b,
    loss,
    weights.map(({ node }) => node),
  );
  const outputs = weights.map(({ name, node }, i) => {
    if (kind === 'scoring') return [`gradient of ${name}`, gradients[i]] as const;
    const rate = b.constant(-LEARNING_RATE, node.shape);
    return [updated(name), b.add(node, b.multiply(rate, gradients[i]))] as const;
  });
  return createProgram(`measured ${kind}`, { loss, ...Object.fromEntries(outputs) });
}
