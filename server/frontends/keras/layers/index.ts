/** Every layer there is: Keras's class name to its definition. A new layer is a file beside this one and a line here. */
import * as activations from './activationLayers';
import { attention, multiHeadAttention } from './attention';
import { batchNormalization } from './batchNormalization';
import { convolution } from './convolution';
import type { LayerDefinition } from './definition';
import { dense } from './dense';
import { depthwiseConvolution, separableConvolution } from './depthwise';
import { dot } from './dot';
import { dropout, spatialDropout } from './dropout';
import { embedding } from './embedding';
import { gaussianNoise } from './gaussianNoise';
import { groupNormalization } from './groupNormalization';
import { layerNormalization } from './layerNormalization';
import { masking } from './masking';
import * as merging from './merging';
import * as sequences from './oneDimensional';
import * as pooling from './pooling';
import { randomFlip } from './randomFlip';
import * as recurrent from './recurrent';
import * as reshaping from './reshaping';
import { normalization, rescaling } from './scaling';
import { transposedConvolution } from './transposedConvolution';
import { upSampling } from './upSampling';
import { bidirectional, timeDistributed } from './wrappers';

const definitions: ReadonlyMap<string, LayerDefinition> = new Map(
  Object.entries({
    Dense: dense,
    Conv2D: convolution,
    DepthwiseConv2D: depthwiseConvolution,
    SeparableConv2D: separableConvolution,
    Conv2DTranspose: transposedConvolution,
    BatchNormalization: batchNormalization,
    LayerNormalization: layerNormalization,
    Activation: activations.activationByName,
    ReLU: activations.relu,
    LeakyReLU: activations.leakyReluLayer,
    PReLU: activations.parametricRelu,
    ELU: activations.eluLayer,
    ThresholdedReLU: activations.thresholdedRelu,
    Softmax: activations.softmax,
    MaxPooling2D: pooling.maxPooling,
    AveragePooling2D: pooling.averagePooling,
    GlobalAveragePooling2D: pooling.globalAveragePooling,
    GlobalMaxPooling2D: pooling.globalMaxPooling,
    Flatten: reshaping.flatten,
    Reshape: reshaping.reshape,
    Permute: reshaping.permute,
    ZeroPadding2D: reshaping.zeroPadding,
    Cropping2D: reshaping.cropping,
    UpSampling2D: upSampling,
    Add: merging.add,
    Multiply: merging.multiply,
    Average: merging.average,
    Maximum: merging.maximum,
    Minimum: merging.minimum,
    Subtract: merging.subtract,
    Concatenate: merging.concatenate,
    Dot: dot,
    Conv1D: sequences.convolution1D,
    MaxPooling1D: sequences.maxPooling1D,
    AveragePooling1D: sequences.averagePooling1D,
    GlobalAveragePooling1D: sequences.globalAveragePooling1D,
    GlobalMaxPooling1D: sequences.globalMaxPooling1D,
    ZeroPadding1D: sequences.zeroPadding1D,
    Cropping1D: sequences.cropping1D,
    UpSampling1D: sequences.upSampling1D,
    RepeatVector: sequences.repeatVector,
    Embedding: embedding,
    Masking: masking,
    LSTM: recurrent.lstm,
    GRU: recurrent.gru,
    SimpleRNN: recurrent.simpleRnn,
    Bidirectional: bidirectional,
    TimeDistributed: timeDistributed,
    Attention: attention,
    MultiHeadAttention: multiHeadAttention,
    GroupNormalization: groupNormalization,
    Rescaling: rescaling,
    Normalization: normalization,
    GaussianNoise: gaussianNoise,
    RandomFlip: randomFlip,
    Dropout: dropout,
    SpatialDropout2D: spatialDropout,
  }),
);

/** Other names the same classes have in Keras. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['Convolution2D', 'Conv2D'],
  ['Convolution2DTranspose', 'Conv2DTranspose'],
  ['DepthwiseConvolution2D', 'DepthwiseConv2D'],
  ['SeparableConvolution2D', 'SeparableConv2D'],
  ['BatchNormalizationV1', 'BatchNormalization'],
  ['BatchNormalizationV2', 'BatchNormalization'],
  ['Convolution1D', 'Conv1D'],
  ['MaxPool1D', 'MaxPooling1D'],
  ['AvgPool1D', 'AveragePooling1D'],
  ['GlobalAvgPool1D', 'GlobalAveragePooling1D'],
  ['GlobalMaxPool1D', 'GlobalMaxPooling1D'],
  ['MaxPool2D', 'MaxPooling2D'],
  ['AvgPool2D', 'AveragePooling2D'],
  ['GlobalAvgPool2D', 'GlobalAveragePooling2D'],
  ['GlobalMaxPool2D', 'GlobalMaxPooling2D'],
]);

/** The one name of a class of layers that has several. */
export function canonicalClass(className: string): string {
  return aliases.get(className) ?? className;
}

/** The definition of a class of layers, or undefined where it is not supported. */
export function findDefinition(className: string): LayerDefinition | undefined {
  return definitions.get(canonicalClass(className));
}

/** The class names that are supported, for messages. */
export const supportedLayers: readonly string[] = ['InputLayer', ...definitions.keys()];
