/** From a model's description to a network: reads and checks every layer once, then adds its computation to any graph. */
import { type Builder, createBuilder } from '../../../graph/builder';
import { ShapeError } from '../../../graph/shapes';
import type { Node } from '../../../graph/types';
import { formatExtents } from '../../../models/failure';
import { chooseOutput, type Outputs } from '../../../models/outputs';
import { declareInputs } from '../../../models/parameters';
import type { LayerInfo, Network, NetworkInput } from '../../../models/types';
import { type Labels, OBJECTIVES, type Objective } from '../../../objectives';
import { UserError } from '../../../protocol/errors';
import type { Shape } from '../../../protocol/tensor';
import type { ModelDescription } from '../description';
import { findDefinition, supportedLayers } from '../layers';
import { isAugmenting } from '../layers/augmenting';
import type { LayerDefinition, StepMasks } from '../layers/definition';
import { applyNetwork } from './apply';
import { readConfig } from './config';
import { evaluateModel } from './evaluate';
import { fingerprint } from './fingerprint';
import { inputShapes } from './inputShape';
import { inputType } from './inputType';
import { createInstances, findLayer, type LayerInstance, leaves, type ModelInstance } from './instances';
import { chooseObjective, describeOutput, type LastLayer } from './lastLayer';
import type { NetworkLayer } from './networkLayer';
import { type DeclaredParameter, declareParameter, givenName } from './parameters';
import { shrinkDescription } from './shrink';
import { createStepMasks, passMask } from './stepMasks';

/** A network made of Keras's layers; only what knows these layers looks at their description. */
export interface KerasNetwork extends Network {
  readonly description: ModelDescription;
  withObjective(objective: Objective, labels: Labels): KerasNetwork;
}

/** What is known besides of a network whose code was run. */
export type KerasSource = Pick<Network, 'draw' | 'leftOut'>;

/** Name of this front end. */
export const KERAS = 'keras';

/** Batch of the trial run that finds the shapes: not 1, which would broadcast where it should not. */
const TRIAL_BATCH = 2;

/**
 * The network of a model, which ends in the output that is wanted, by name or number, the first by default. Parameters and layers
 * are in the model's order; layers that the output does not need are left out.
 * @throws UserError, naming layer, class and source line, where the model is not supported: an unknown layer or option,
 *   shapes that do not fit, or an output that none of the objectives can read. UserError (usage) where there is no such output.
 */
export function createNetwork(
  given: ModelDescription,
  objectives: readonly Objective[] = OBJECTIVES,
  wanted?: string,
  source: KerasSource = {},
): KerasNetwork {
  const outputs = outputsOf(given, wanted);
  const description = { ...given, outputs: [given.outputs[outputs.chosen]] };
  const model = createInstances(description);
  const shapes = inputShapes(description);
  const inputs = description.inputs.map((input, i) => ({
    name: input.layer,
    shape: shapes[i],
    ...inputType(model, input),
  }));
  const { layers, infos, logits, last } = runTrial(model, inputs);
  const output = describeOutput(description.name, logits.shape, last);
  const outputLayer = findLayer(model, description.outputs[0].layer);

  const ordered = leaves(model).flatMap((instance) => layers.get(instance) ?? []);
  const parameters = ordered.flatMap((layer) => layer.parameters);
  let hash: string | undefined;
  const withObjective = (objective: Objective, labels: Labels): KerasNetwork => ({
    name: description.name,
    frontEnd: KERAS,
    file: description.file,
    ...(description.exportName !== undefined && { exportName: description.exportName }),
    // A large model's own weights take time to hash.
    get fingerprint() {
      hash ??= fingerprint(description);
      return hash;
    },
    ...(description.reads && { reads: description.reads }),
    ...source,
    description,
    inputs,
    outputs,
    output,
    objective,
    labels,
    task: labels.task,
    labelShape: labels.shape,
    classes: labels.classes,
    parameters,
    layers: leaves(model).flatMap((instance) => infos.get(instance) ?? []),
    apply: (b, values, nodes, mode, observe) =>
      applyNetwork({ model, layers, parameters, leavesOut: objective.leavesOut }, b, values, nodes, mode, observe),
    // The output stays as it is, and with it the labels.
    shrink: (remainder) =>
      createNetwork(shrinkDescription(model, parameters, remainder), objectives).withObjective(objective, labels),
    withObjective,
  });
  const { objective, labels } = chooseObjective(output, objectives, outputLayer, last);
  return withObjective(objective, labels);
}

/** What a network was made from. @throws Error for a network that is not made of these layers. */
export function descriptionOf(network: Network): ModelDescription {
  if (network.frontEnd !== KERAS) throw new Error(`${network.name} is not made of Keras's layers`);
  return (network as KerasNetwork).description;
}

/** The model's outputs under the names of the layers that make them. */
function outputsOf({ name, file, outputs }: ModelDescription, wanted: string | undefined): Outputs {
  if (outputs.length === 0) throw new UserError(`The model '${name}' of ${file} has no output.`);
  const names = outputs.map(({ layer }) => layer);
  return { names, chosen: chooseOutput(names, wanted, name) };
}

interface Trial {
  readonly layers: ReadonlyMap<LayerInstance, NetworkLayer>;
  readonly infos: ReadonlyMap<LayerInstance, LayerInfo>;
  readonly logits: Node;
  readonly last: readonly LastLayer[];
}

/** Builds every layer at its first call, whose input shapes it needs, and applies all calls to a graph to be thrown away. */
function runTrial(model: ModelInstance, inputs: readonly NetworkInput[]): Trial {
  const b = createBuilder();
  const layers = new Map<LayerInstance, NetworkLayer>();
  const infos = new Map<LayerInstance, LayerInfo>();
  const last: LastLayer[] = [];
  const mask = createStepMasks();
  const logits = evaluateModel(model, declareInputs(b, { inputs }, TRIAL_BATCH), (instance, values, isLast) => {
    const shapes = values.map((value) => value.shape.slice(1));
    const definition = requireDefinition(instance, values);
    const layer = layers.get(instance) ?? buildLayer(instance, definition, shapes);
    layers.set(instance, layer);
    const output = explainShapes(instance, shapes, () => tryLayer(layer, b, mask, values));
    if (isLast) last.push({ instance, activation: layer.built.activation, shape: output.shape });
    infos.set(instance, describeLayer(layer, shapes[0], output.shape.slice(1), infos.get(instance)));
    return output;
  });
  model.description.inputs.forEach((input, i) => {
    const instance = model.layers.get(input.layer);
    if (instance) infos.set(instance, describeInput(instance, inputs[i].shape));
  });
  return { layers, infos, logits, last };
}

const AUGMENTING_HINT =
  'Build the model without it, and change the images where they are read: in the data set, or by --crop and --flip.';

/** The definition of a layer's class, which must be supported and take as many inputs as this call has. */
function requireDefinition({ description, fail }: LayerInstance, inputs: readonly Node[]): LayerDefinition {
  const { className } = description;
  const definition =
    findDefinition(className) ??
    (isAugmenting(className)
      ? fail('it changes images at random while training, which is supported of RandomFlip alone.', AUGMENTING_HINT)
      : fail('layers of this class are not supported.', `Supported are ${supportedLayers.join(', ')}.`));
  if (definition.inputs === 'one' && inputs.length !== 1) fail(`it takes one input, but has ${inputs.length}.`);
  return definition;
}

function buildLayer(instance: LayerInstance, definition: LayerDefinition, inputs: readonly Shape[]): NetworkLayer {
  const { description, fail, trainable } = instance;

  const config = readConfig(description.config, fail);
  const parameters: DeclaredParameter[] = [];
  const built = definition.build({
    config,
    inputs,
    trainable,
    fail,
    findLayer: findDefinition,
    parameter: (request) => void parameters.push(declareParameter(instance, config, request)),
  });
  config.finish();
  const known = parameters.map(({ shortName }) => givenName(description, shortName));
  const unknown = Object.keys(description.weights ?? {}).find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`it has no parameter named ${unknown}.`);
  const shared = known.find((name, i) => known.indexOf(name) !== i);
  if (shared !== undefined) fail(`the values of ${shared} could belong to several of its parameters.`);
  return { instance, built, parameters };
}

/** Applies a layer with its activation, in the mode that needs most of it. */
function tryLayer(
  { instance, built, parameters }: NetworkLayer,
  b: Builder,
  mask: StepMasks,
  inputs: readonly Node[],
): Node {
  const nodes = new Map(parameters.map(({ name, shortName, shape }) => [shortName, b.input(name, shape)]));
  const parameter = (name: string) => nodes.get(name)!;
  const output = built.apply(
    {
      b,
      mode: 'train',
      parameter,
      updateStatistic: () => undefined,
      mask,
      // Only the shape counts here.
      dropoutMask: (shape) => b.constant(1, shape),
      gaussian: (shape) => b.constant(0, shape),
    },
    inputs,
  );
  const result = built.activation ? built.activation.apply(b, output) : output;
  passMask(b, mask, instance, inputs, output, result);
  return result;
}

function explainShapes(instance: LayerInstance, inputs: readonly Shape[], run: () => Node): Node {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const shapes = inputs.map(formatExtents).join(' and ');
    if (inputs.length > 1) return instance.fail(`its inputs of shapes ${shapes} do not fit together.`);
    const reason = error.message.replace(/^\w+: /, '');
    return instance.fail(`it cannot be applied to an input of shape ${shapes}: ${reason}.`);
  }
}

function describeLayer(
  { instance, built, parameters }: NetworkLayer,
  input: Shape,
  output: Shape,
  earlier: LayerInfo | undefined,
): LayerInfo {
  return {
    name: instance.name,
    className: instance.description.className,
    source: instance.description.source,
    outputShape: earlier?.outputShape ?? output,
    parameters: parameters.map((parameter) => parameter.name),
    // A shared layer costs what all its calls cost.
    macs: (earlier?.macs ?? 0) + (built.macs?.(input, output) ?? 0),
    ...(findDefinition(instance.description.className)?.fixedShape && { fixedShape: true }),
  };
}

function describeInput({ name, description }: LayerInstance, outputShape: Shape): LayerInfo {
  const { className, source } = description;
  const fixedShape = className === 'InputLayer' && { fixedShape: true as const };
  return { name, className, source, outputShape, parameters: [], macs: 0, ...fixedShape };
}
