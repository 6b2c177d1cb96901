/** Masks in PyTorch's layout, element by element. */
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { masksModule } from '../../../server/masks/pythonModule';
import { toPytorch } from '../../../server/masks/pytorch';
import { sizeOf } from '../../../server/protocol/tensor';
import { chain } from '../../support/networks';

const description = chain(
  [6, 5, 2],
  ['conv', 'Conv2D', { filters: 4, kernelSize: [3, 2] }],
  ['depthwise', 'DepthwiseConv2D', { kernelSize: 2, depthMultiplier: 2 }],
  ['separable', 'SeparableConv2D', { filters: 3, kernelSize: 1, depthMultiplier: 2 }],
  ['transposed', 'Conv2DTranspose', { filters: 5, kernelSize: 2 }],
  ['flat', 'Flatten'],
  ['drop', 'Dropout', { rate: 0.5 }],
  ['fc1', 'Dense', { units: 7 }],
  ['fc2', 'Dense', { units: 3 }],
);
const network = createNetwork(description);

/** The tensor of `name` in PyTorch's layout, every element numbered by its place in Keras's. */
function numbered(name: string) {
  const parameter = network.parameters.find((one) => one.name === name)!;
  expect(sizeOf(parameter.shape)).toBeLessThan(1000);
  // A mask holds bytes, so the digits of the numbers go through one by one.
  const digits = [1, 10, 100].map((unit) => {
    const mask = Uint8Array.from({ length: sizeOf(parameter.shape) }, (_, i) => Math.floor(i / unit) % 10);
    return toPytorch(network, parameter, mask);
  });
  const values = Array.from(digits[0].mask, (ones, i) => ones + 10 * digits[1].mask[i] + 100 * digits[2].mask[i]);
  const { name: target, shape } = digits[0];
  const offset = (at: readonly number[], extents: readonly number[]) =>
    at.reduce((sum, index, axis) => sum * extents[axis] + index, 0);
  return {
    target,
    shape,
    at: (...at: number[]) => values[offset(at, shape)],
    keras: (...at: number[]) => offset(at, parameter.shape),
  };
}

describe('masks for PyTorch', () => {
  it('have convolutions as [out, in, kh, kw]', () => {
    const { target, shape, at, keras } = numbered('conv/kernel');
    expect([target, shape]).toEqual(['conv.weight', [4, 2, 3, 2]]);
    expect(at(3, 1, 2, 0)).toBe(keras(2, 0, 1, 3));
  });

  it('have depthwise convolutions as groups, and separable ones as two modules', () => {
    const { target, shape, at, keras } = numbered('depthwise/depthwise_kernel');
    expect([target, shape]).toEqual(['depthwise.weight', [8, 1, 2, 2]]);
    // Output 5 is the second one of channel 2.
    expect(at(5, 0, 1, 0)).toBe(keras(1, 0, 2, 1));
    expect(numbered('separable/depthwise_kernel')).toMatchObject({
      target: 'separable.depthwise.weight',
      shape: [16, 1, 1, 1],
    });
    expect(numbered('separable/pointwise_kernel')).toMatchObject({
      target: 'separable.pointwise.weight',
      shape: [3, 16, 1, 1],
    });
  });

  it('have transposed convolutions as [in, out, kh, kw]', () => {
    const { shape, at, keras } = numbered('transposed/kernel');
    expect(shape).toEqual([3, 5, 2, 2]);
    expect(at(2, 4, 1, 0)).toBe(keras(1, 0, 4, 2));
  });

  it('have dense layers as [out, in], the inputs of a flattened image channels first', () => {
    const [height, width, channels] = network.layers.find(({ name }) => name === 'transposed')!.outputShape;
    const flat = numbered('fc1/kernel');
    expect(flat.shape).toEqual([7, height * width * channels]);
    const [y, x, c] = [1, 2, 3];
    expect(flat.at(6, (c * height + y) * width + x)).toBe(flat.keras((y * width + x) * channels + c, 6));
    const plain = numbered('fc2/kernel');
    expect(plain.at(2, 5)).toBe(plain.keras(5, 2));
  });

  it('have what goes with channels: biases, normalizations and slopes', () => {
    const vectors = chain(
      [2, 3, 4],
      ['bn', 'BatchNormalization'],
      ['slope', 'PReLU', { sharedAxes: [1, 2] }],
      ['each', 'PReLU'],
      ['flat', 'Flatten'],
      ['flatBn', 'BatchNormalization'],
      ['fc', 'Dense', { units: 2 }],
    );
    const net = createNetwork(vectors);
    const exported = (name: string) => {
      const parameter = net.parameters.find((one) => one.name === name)!;
      return toPytorch(
        net,
        parameter,
        Uint8Array.from({ length: sizeOf(parameter.shape) }, (_, i) => i),
      );
    };
    const channels = Uint8Array.from([0, 1, 2, 3]);
    expect(exported('bn/gamma')).toEqual({ name: 'bn.weight', shape: [4], mask: channels });
    expect(exported('bn/beta')).toEqual({ name: 'bn.bias', shape: [4], mask: channels });
    expect(exported('slope/alpha')).toEqual({ name: 'slope.weight', shape: [4], mask: channels });
    expect(exported('fc/bias')).toMatchObject({ name: 'fc.bias', shape: [2] });
    const { shape, mask } = exported('flatBn/gamma');
    expect(shape).toEqual([24]);
    // Position (1, 2) of channel 3, which Keras has last of its position.
    expect(mask[(3 * 2 + 1) * 3 + 2]).toBe((1 * 3 + 2) * 4 + 3);
    expect(() => exported('each/alpha')).toThrow('one value a channel where each/alpha has one a position');
  });

  it('come with code that names the file and every mask', async () => {
    const code = await masksModule({
      model: 'net',
      title: 'SNIP',
      sparsity: 0.9,
      file: 'a b.masks.py',
      names: ['conv.weight'],
    });
    expect(code).toMatch(/^"""Masks for net: SNIP at 0.9 sparsity/);
    expect(code).toContain('runpy.run_path(os.path.join(os.path.dirname(__file__), "a b.masks.py"))["apply"](model)');
    expect(code).toContain('    conv.weight\n');
    expect(code).not.toContain('__HEADER__');
  });
});
