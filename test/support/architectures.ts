/** Random model descriptions out of fast-check's numbers: branches, sums, concatenations, depthwise and flattened parts. */
import fc from 'fast-check';
import type {
  LayerConfig,
  LayerDescription,
  ModelDescription,
  TensorReference,
} from '../../server/frontends/keras/description';
import { chain, FILE } from './networks';

/** One step of growing a model; what `a`, `b` and `c` mean is the step's business. */
export interface Step {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

interface Image {
  readonly at: TensorReference;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

interface Vector {
  readonly at: TensorReference;
  readonly units: number;
}

const activations = ['linear', 'relu', 'sigmoid', 'softplus', 'tanh'];
const imageKinds = [
  'convolution',
  'normalized',
  'depthwise',
  'separable',
  'grouped',
  'transposed',
  'activation',
  'pool',
  'residual',
  'projected',
  'concat',
  'excite',
  'dense',
  'pad',
  'upsample',
  'layerNorm',
  'drop',
  'slope',
  'shared',
  'nested',
] as const;
const headKinds = ['dense', 'normalized', 'residual', 'concat', 'activation'] as const;

const step = (kinds: readonly string[]): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    a: fc.integer({ min: 0, max: 11 }),
    b: fc.integer({ min: 0, max: 11 }),
    c: fc.integer({ min: 0, max: 11 }),
  });

/** Any model of up to 7 steps on images and 3 on vectors, on images of 5x6x2. */
export const architecture: fc.Arbitrary<ModelDescription> = fc
  .record({
    body: fc.array(step(imageKinds), { maxLength: 7 }),
    bridge: fc.constantFrom('flatten', 'average', 'maximum', 'reshape'),
    head: fc.array(step(headKinds), { maxLength: 3 }),
  })
  .map(({ body, bridge, head }) => describeArchitecture(body, bridge, head));

/** The model that the steps describe. */
export function describeArchitecture(body: readonly Step[], bridge: string, head: readonly Step[]): ModelDescription {
  const layers: LayerDescription[] = [];
  const add: Add = (className, config, ...inputs) => addLayer({ className, config }, inputs);
  const addLayer: AddLayer = (layer, ...calls) => {
    const name = `${layer.className.toLowerCase()}_${layers.length}`;
    const source = [{ file: FILE, line: layers.length + 1, column: 1 }];
    const named = calls.map((inputs) => inputs.map((input) => (input === 'itself' ? reference(name, 0) : input)));
    layers.push({ ...layer, name, calls: named, source });
    return reference(name, calls.length - 1);
  };
  const input = add('InputLayer', { batchInputShape: [null, 5, 6, 2] });
  const image = body.reduce((x, one) => growShared(addLayer, x, one) ?? growImage(add, x, one), {
    at: input,
    height: 5,
    width: 6,
    channels: 2,
  } as Image);
  const vector = head.reduce((x, one) => growVector(add, x, one), toVector(add, image, bridge));
  const output = add('Dense', { units: 3 }, vector.at);
  return { name: 'random', file: FILE, layers, inputs: [input], outputs: [output] };
}

type Add = (className: string, config: LayerConfig, ...inputs: TensorReference[]) => TensorReference;

/** Adds a layer with several calls, whose inputs may be what its first call gives; gives the result of the last. */
type AddLayer = (
  layer: Pick<LayerDescription, 'className' | 'config' | 'model'>,
  ...calls: (readonly (TensorReference | 'itself')[])[]
) => TensorReference;

const reference = (layer: string, call: number): TensorReference => ({ layer, call, output: 0 });

/** A convolution applied twice, or a model applied twice, which share their weights. */
function growShared(addLayer: AddLayer, x: Image, { kind, a }: Step): Image | undefined {
  const convolution = { filters: x.channels, kernelSize: 3, padding: 'same' };
  if (kind === 'shared') {
    return { ...x, at: addLayer({ className: 'Conv2D', config: convolution }, [x.at], ['itself']) };
  }
  if (kind !== 'nested') return undefined;
  const inner = chain(
    [x.height, x.width, x.channels],
    ['inside', 'Conv2D', { filters: width(a), kernelSize: 1, activation: 'relu' }],
    ['back', 'Conv2D', convolution],
    ['shape', 'Reshape', { targetShape: [x.width, x.height, x.channels] }],
    ['turn', 'Permute', { dims: [2, 1, 3] }],
  );
  return { ...x, at: addLayer({ className: 'Functional', config: {}, model: inner }, [x.at], ['itself']) };
}

/** 1 to 5 channels. */
const width = (value: number) => 1 + (value % 5);

function convolve(add: Add, x: Image, filters: number, config: LayerConfig = {}): Image {
  const settings = { filters, kernelSize: 3, padding: 'same', ...config };
  return { ...x, at: add('Conv2D', settings, x.at), channels: filters };
}

function growImage(add: Add, x: Image, { kind, a, b, c }: Step): Image {
  const same = (className: string, config: LayerConfig = {}): Image => ({ ...x, at: add(className, config, x.at) });
  const canShrink = x.height > 2 && x.width > 2;
  switch (kind) {
    case 'convolution': {
      const stride = b % 3 === 0 && canShrink ? 2 : 1;
      const made = convolve(add, x, width(a), {
        kernelSize: b % 2 === 0 ? 3 : 1,
        strides: stride,
        useBias: c % 2 === 0,
        activation: activations[c % activations.length],
      });
      return { ...made, height: Math.ceil(x.height / stride), width: Math.ceil(x.width / stride) };
    }
    case 'normalized': {
      const made = convolve(add, x, width(a), { useBias: false });
      const normalized = add('BatchNormalization', { scale: b % 3 !== 0, center: b % 4 !== 0 }, made.at);
      return { ...made, at: add('ReLU', {}, normalized) };
    }
    case 'depthwise': {
      const multiplier = 1 + (a % 2);
      const config = { kernelSize: 3, padding: 'same', depthMultiplier: multiplier, useBias: b % 2 === 0 };
      return { ...same('DepthwiseConv2D', config), channels: x.channels * multiplier };
    }
    case 'separable': {
      const config = { filters: width(a), kernelSize: 3, padding: 'same', depthMultiplier: 1 + (b % 2) };
      return { ...same('SeparableConv2D', config), channels: width(a) };
    }
    case 'grouped': {
      const groups = 2 + (b % 2);
      const wide = convolve(add, x, groups * (1 + (a % 2)), { kernelSize: 1 });
      return convolve(add, wide, groups * (1 + (c % 2)), { groups });
    }
    case 'transposed': {
      const config = { filters: width(a), kernelSize: 3, padding: 'same', useBias: b % 2 === 0 };
      return { ...same('Conv2DTranspose', config), channels: width(a) };
    }
    case 'activation':
      return same('Activation', { activation: activations[a % activations.length] });
    case 'pool': {
      if (!canShrink) return x;
      const made = same(a % 2 === 0 ? 'MaxPooling2D' : 'AveragePooling2D', { padding: 'same' });
      return { ...made, height: Math.ceil(x.height / 2), width: Math.ceil(x.width / 2) };
    }
    case 'residual': {
      const inner = convolve(add, x, width(a), { activation: 'relu' });
      const back = convolve(add, inner, x.channels, { kernelSize: 1 });
      const merge = ['Add', 'Average', 'Maximum', 'Multiply'][b % 4];
      return { ...x, at: add(merge, {}, back.at, x.at) };
    }
    case 'projected': {
      const left = convolve(add, x, width(a), { activation: 'relu' });
      const right = convolve(add, x, width(a), { kernelSize: 1 });
      return { ...left, at: add(b % 2 === 0 ? 'Add' : 'Subtract', {}, left.at, right.at) };
    }
    case 'concat': {
      const left = convolve(add, x, width(a), { activation: 'sigmoid' });
      const right = b % 2 === 0 ? x : convolve(add, x, width(c), { kernelSize: 1 });
      return { ...left, at: add('Concatenate', {}, left.at, right.at), channels: left.channels + right.channels };
    }
    case 'excite': {
      const pooled = add('GlobalAveragePooling2D', { keepDims: true }, x.at);
      const squeezed = add('Dense', { units: width(a), activation: 'relu' }, pooled);
      const gate = add('Dense', { units: x.channels, activation: 'sigmoid' }, squeezed);
      return { ...x, at: add('Multiply', {}, x.at, gate) };
    }
    case 'dense':
      return { ...same('Dense', { units: width(a), activation: 'softplus' }), channels: width(a) };
    case 'pad':
      return {
        ...same('ZeroPadding2D', {
          padding: [
            [0, 1],
            [1, 0],
          ],
        }),
        height: x.height + 1,
        width: x.width + 1,
      };
    case 'upsample':
      return x.height * x.width > 36 ? x : { ...same('UpSampling2D', { size: [1, 2] }), width: 2 * x.width };
    case 'layerNorm':
      return a % 3 === 0 ? same('LayerNormalization') : x;
    case 'drop':
      return same(a % 2 === 0 ? 'Dropout' : 'SpatialDropout2D', { rate: 0.5 });
    default:
      return same('PReLU', { sharedAxes: a % 2 === 0 ? [1, 2] : [] });
  }
}

function toVector(add: Add, x: Image, bridge: string): Vector {
  switch (bridge) {
    case 'average':
      return { at: add('GlobalAveragePooling2D', {}, x.at), units: x.channels };
    case 'maximum':
      return { at: add('GlobalMaxPooling2D', {}, x.at), units: x.channels };
    case 'reshape': {
      const rows = add('Reshape', { targetShape: [x.height * x.width, x.channels] }, x.at);
      const mixed = add('Dense', { units: 3, activation: 'relu' }, rows);
      return { at: add('Flatten', {}, mixed), units: x.height * x.width * 3 };
    }
    default:
      return { at: add('Flatten', {}, x.at), units: x.height * x.width * x.channels };
  }
}

function growVector(add: Add, x: Vector, { kind, a, b }: Step): Vector {
  const units = 1 + (a % 6);
  const made = (config: LayerConfig = {}) => add('Dense', { units, ...config }, x.at);
  switch (kind) {
    case 'dense':
      return { at: made({ activation: activations[b % activations.length], useBias: b % 2 === 0 }), units };
    case 'normalized':
      return { at: add('BatchNormalization', {}, made()), units };
    case 'residual': {
      const back = add('Dense', { units: x.units }, made({ activation: 'relu' }));
      return { at: add('Add', {}, x.at, back), units: x.units };
    }
    case 'concat':
      return { at: add('Concatenate', {}, made({ activation: 'sigmoid' }), x.at), units: units + x.units };
    default:
      return { at: add('Activation', { activation: activations[a % activations.length] }, x.at), units: x.units };
  }
}
