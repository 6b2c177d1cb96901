/** Residual networks as data, of which the same are made here and in plain PyTorch (`networks.py`), with parameters in one order. */
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../server/models/types';
import { type WiredRow, wire } from '../support/wiring';

export interface ResidualForm {
  readonly name: string;
  /** Pixels of a side of an image. */
  readonly size: number;
  readonly classes: number;
  /** A convolution of 3 x 3, or one of 7 x 7 with stride 2 and pooling. */
  readonly stem: 'small' | 'large';
  /** Three convolutions, the last four times as wide, in place of two. */
  readonly isBottleneck: boolean;
  /** Blocks of each stage. */
  readonly blocks: readonly number[];
  /** Channels of the first stage; each stage has twice as many as the one before. */
  readonly width: number;
}

export const RESNET_18: ResidualForm = {
  ...{ name: 'ResNet-18', size: 32, classes: 10, stem: 'small', isBottleneck: false },
  ...{ blocks: [2, 2, 2, 2], width: 64 },
};

export const RESNET_50: ResidualForm = {
  ...{ name: 'ResNet-50', size: 224, classes: 1000, stem: 'large', isBottleneck: true },
  ...{ blocks: [3, 4, 6, 3], width: 64 },
};

/** For trying the check where there is no card. */
export const SMALL_18: ResidualForm = { ...RESNET_18, size: 8, blocks: [1, 1], width: 8 };
export const SMALL_50: ResidualForm = { ...RESNET_50, size: 32, classes: 10, blocks: [1, 1], width: 8 };

/** Times as wide as what is inside that a bottleneck ends. */
const EXPANSION = 4;

export function residualOf(form: ResidualForm): Network {
  const rows: WiredRow[] = [];
  const add = (name: string, className: string, config: WiredRow[2], ...inputs: string[]): string => {
    rows.push([name, className, config, ...inputs]);
    return name;
  };
  /** As PyTorch pads: on both sides alike. */
  const convolve = (name: string, input: string, filters: number, kernelSize: number, strides: number): string => {
    const padding = (kernelSize - 1) / 2;
    const padded = padding === 0 ? input : add(`${name}_pad`, 'ZeroPadding2D', { padding }, input);
    const config = { filters, kernelSize, strides, padding: 'valid', useBias: false };
    const convolved = add(name, 'Conv2D', config, padded);
    return add(`${name}_bn`, 'BatchNormalization', { momentum: 0.9, epsilon: 1e-5 }, convolved);
  };
  const relu = (input: string) => add(`${input}_relu`, 'Activation', { activation: 'relu' }, input);

  let x = relu(convolve('stem', 'image', form.width, form.stem === 'large' ? 7 : 3, form.stem === 'large' ? 2 : 1));
  if (form.stem === 'large') {
    // Nothing is below 0 after relu, so that zeros around change no maximum.
    const padded = add('pool_pad', 'ZeroPadding2D', { padding: 1 }, x);
    x = add('pool', 'MaxPooling2D', { poolSize: 3, strides: 2 }, padded);
  }
  let channels = form.width;
  for (const [stage, count] of form.blocks.entries()) {
    const inner = form.width * 2 ** stage;
    const outputs = form.isBottleneck ? EXPANSION * inner : inner;
    for (let block = 0; block < count; block++) {
      const name = `stage${stage + 1}_block${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const kernels = form.isBottleneck ? [1, 3, 1] : [3, 3];
      let y = x;
      for (const [i, kernel] of kernels.entries()) {
        const isLast = i === kernels.length - 1;
        const isStrided = form.isBottleneck ? i === 1 : i === 0;
        y = convolve(`${name}_conv${i + 1}`, y, isLast ? outputs : inner, kernel, isStrided ? stride : 1);
        if (!isLast) y = relu(y);
      }
      const isSame = stride === 1 && channels === outputs;
      const shortcut = isSame ? x : convolve(`${name}_shortcut`, x, outputs, 1, stride);
      x = relu(add(`${name}_sum`, 'Add', {}, y, shortcut));
      channels = outputs;
    }
  }
  const mean = add('mean', 'GlobalAveragePooling2D', {}, x);
  const classes = add('classes', 'Dense', { units: form.classes }, mean);
  return createNetwork(wire({ image: [form.size, form.size, 3] }, rows, [classes]));
}
