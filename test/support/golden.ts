/** The golden nets of test/fixtures/golden: their layers as a model description, and their stored tensors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../server/files/safetensors';
import type {
  LayerConfig,
  LayerDescription,
  ModelDescription,
  TensorReference,
} from '../../server/frontends/keras/description';
import type { HostTensor } from '../../server/protocol/tensor';

export const goldenNames = ['mlp', 'conv_pool', 'conv_odd', 'resnet_bn'] as const;
export type GoldenName = (typeof goldenNames)[number];

export interface Golden {
  readonly description: ModelDescription;
  /** `batch/0/x`, `batch/0/y`, `param/conv1/kernel`, `logits/train/0`, `score/snip/conv1/kernel`, … */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Values of the parameters, by the network's names (`conv1/kernel`). */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** Mean cross-entropy of batch k at the stored parameters. */
  readonly losses: { readonly [name: string]: number };
  readonly batch: number;
}

/** A layer as the fixtures write it. `block` is a basic residual block of two 3x3 convolutions. */
interface GoldenLayer {
  readonly type: 'dense' | 'conv' | 'maxpool' | 'flatten' | 'gap' | 'block';
  readonly name: string;
  readonly units?: number;
  readonly filters?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly size?: number;
  readonly bias?: boolean;
  readonly bn?: boolean;
  readonly relu?: boolean;
}

export interface GoldenNetwork {
  readonly name: string;
  readonly network: { readonly input: readonly number[]; readonly layers: readonly GoldenLayer[] };
  readonly bn_epsilon: number;
}

interface GoldenFile extends GoldenNetwork {
  readonly batch: number;
  readonly losses: { readonly [name: string]: number };
}

/** Where the golden nets are. */
const FOLDER = join(__dirname, '..', 'fixtures', 'golden');

/** Reads one golden net. */
export async function loadGolden(name: GoldenName, folder: string = FOLDER): Promise<Golden> {
  const file = join(folder, `${name}.json`);
  const content = JSON.parse(readFileSync(file, 'utf8')) as GoldenFile;
  const { tensors } = await readSafetensors(join(folder, `${name}.safetensors`));
  const parameters = [...tensors].filter(([key]) => key.startsWith('param/'));
  return {
    description: describeNetwork(content, file),
    tensors,
    parameters: new Map(parameters.map(([key, tensor]) => [key.slice('param/'.length), tensor])),
    losses: content.losses,
    batch: content.batch,
  };
}

/** A network in the form of the golden ones. */
export function describeNetwork({ name, network, bn_epsilon: epsilon }: GoldenNetwork, file: string): ModelDescription {
  const layers: LayerDescription[] = [];
  const add = (layerName: string, className: string, config: LayerConfig, ...inputs: TensorReference[]) => {
    const source = [{ file, line: layers.length + 1, column: 1 }];
    layers.push({ name: layerName, className, config, calls: [inputs], source });
    return { layer: layerName, call: 0, output: 0 };
  };

  /** A convolution or dense layer with what follows it: batch norm, relu. */
  const addWeighted = (layer: GoldenLayer, x: TensorReference): TensorReference => {
    const useBias = layer.bias ?? false;
    const weighted =
      layer.type === 'dense'
        ? add(layer.name, 'Dense', { units: layer.units!, useBias }, x)
        : add(
            layer.name,
            'Conv2D',
            { filters: layer.filters!, kernelSize: layer.kernel!, strides: layer.stride!, padding: 'same', useBias },
            x,
          );
    const normalized = layer.bn ? add(`${layer.name}_bn`, 'BatchNormalization', { epsilon }, weighted) : weighted;
    return layer.relu ? add(`${layer.name}_relu`, 'ReLU', {}, normalized) : normalized;
  };

  const addBlock = ({ name: block, filters, stride }: GoldenLayer, x: TensorReference, channels: number) => {
    const convolution = { type: 'conv', filters, bias: false, bn: true } as const;
    const first = { ...convolution, name: `${block}_conv1`, kernel: 3, stride, relu: true };
    const second = { ...convolution, name: `${block}_conv2`, kernel: 3, stride: 1, relu: false };
    const body = addWeighted(second, addWeighted(first, x));
    const isSame = stride === 1 && filters === channels;
    const short = { ...convolution, name: `${block}_short`, kernel: 1, stride, relu: false };
    const sum = add(`${block}_add`, 'Add', {}, body, isSame ? x : addWeighted(short, x));
    return add(`${block}_relu`, 'ReLU', {}, sum);
  };

  const input = add('input', 'InputLayer', { batchInputShape: [null, ...network.input] });
  let channels = network.input[network.input.length - 1];
  const output = network.layers.reduce((x, layer) => {
    const before = channels;
    channels = layer.filters ?? channels;
    switch (layer.type) {
      case 'dense':
      case 'conv':
        return addWeighted(layer, x);
      case 'block':
        return addBlock(layer, x, before);
      case 'maxpool':
        return add(layer.name, 'MaxPooling2D', { poolSize: layer.size!, strides: layer.size! }, x);
      case 'gap':
        return add(layer.name, 'GlobalAveragePooling2D', {}, x);
      default:
        return add(layer.name, 'Flatten', {}, x);
    }
  }, input);
  return { name, file, layers, inputs: [input], outputs: [output] };
}
