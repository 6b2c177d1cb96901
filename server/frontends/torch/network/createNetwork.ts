/** From an exported PyTorch model to a network. */
import { createBuilder } from '../../../graph/builder';
import { reachable } from '../../../graph/program';
import { equalShapes } from '../../../graph/shapes';
import { declareInputs } from '../../../models/parameters';
import type { LayerInfo, Network } from '../../../models/types';
import {
  defaultObjective,
  isMisfit,
  type Labels,
  type ModelOutput,
  OBJECTIVES,
  type Objective,
  problemText,
} from '../../../objectives';
import { UserError } from '../../../protocol/errors';
import type { ModelInput } from '../../../protocol/modelSetup';
import type { Shape } from '../../../protocol/tensor';
import type { ExportedCall, ExportedModel } from '../exported';
import type { Problem } from '../lowering/lower';
import { isTensor, type Value } from '../lowering/scope';
import { type Assembly, applyModel } from './apply';
import { fingerprint } from './fingerprint';
import { networkInputs } from './inputs';
import { labelsHint } from './labelsHint';
import { describeLayers, layerNames, layerPaths } from './layers';
import { otherTensors } from './others';
import { endingOf, lastCall } from './output';
import { createParameters, type TorchParameter } from './parameters';
import { refuseProblems } from './problems';
import { findReads, type Read } from './readings';

/** Name of this front end. */
export const TORCH = 'torch';

/** Which model a network is of. */
export interface TorchSource {
  /** Absolute path. */
  readonly file: string;
  /** The expression that makes it, where the file has several. */
  readonly exportName?: string;
  readonly draw?: Network['draw'];
  /** Files besides its own that it was made from. */
  readonly reads?: Network['reads'];
  /** Lines that were not run. */
  readonly leftOut?: Network['leftOut'];
  /** What was said of its inputs. */
  readonly given?: readonly ModelInput[];
  /** Names of inputs that nothing was said of: the model goes without. */
  readonly leftToDefault?: readonly string[];
  readonly readWeightsFile?: Network['readWeightsFile'];
  readonly shrinkOriginal?: Network['shrinkOriginal'];
  readonly tryCut?: Network['tryCut'];
  readonly remake?: Network['remake'];
}

interface Trial {
  readonly used: ReadonlySet<number>;
  readonly shape: Shape;
  readonly results: readonly (readonly [ExportedCall, Value])[];
}

/** Lowers a graph at the batch that was exported, collecting what cannot be; gives the tensors that its output depends on. */
function tryGraph(
  model: ExportedModel,
  parameters: ReadonlyMap<number, TorchParameter>,
  mode: 'train' | 'evaluate',
  problems: Problem[],
): Trial {
  const b = createBuilder();
  const nodes = new Map([...parameters.values()].map(({ name, shape }) => [name, b.input(name, shape)]));
  const inputs = declareInputs(b, { inputs: networkInputs(model) }, model.batch.size);
  const results: (readonly [ExportedCall, Value])[] = [];
  const { logits } = applyModel({ model, parameters, leftOut: new Set() }, b, inputs, nodes, mode, {
    onProblem: (problem) => void problems.push(problem),
    onCall: (call, value) => {
      results.push([call, value]);
      if (!isTensor(value) || !call.shape || equalShapes(value.shape, call.shape)) return;
      problems.push({ call, reason: `it gives [${value.shape}] here, [${call.shape}] in PyTorch` });
    },
  });
  const reached = new Set(reachable([logits]));
  const used = [...parameters].flatMap(([index, { name }]) => (reached.has(nodes.get(name)!) ? [index] : []));
  return { used: new Set(used), shape: logits.shape.slice(1), results };
}

/** Everything that is known of a model, whatever it is trained for. */
interface Reading {
  readonly reads: readonly Read[];
  readonly parameters: ReadonlyMap<number, TorchParameter>;
  readonly layers: readonly LayerInfo[];
  readonly outputShape: Shape;
}

function readModel(model: ExportedModel): Reading {
  const reads = [...findReads(model.evaluation), ...findReads(model.training)];
  const layerOf = layerNames(model);
  const all = new Set(model.tensors.keys());
  const every = createParameters(model, { reads, used: all, usedInEvaluation: all, layerOf });
  const problems: Problem[] = [];
  const evaluation = tryGraph(model, every, 'evaluate', problems);
  const training = tryGraph(model, every, 'train', problems);
  refuseProblems(model, problems);
  const used = new Set([...evaluation.used, ...training.used]);
  const parameters = createParameters(model, { reads, used, usedInEvaluation: evaluation.used, layerOf });
  const layers = describeLayers(model, { reads, parameters }, evaluation.results);
  return { reads, parameters, layers, outputShape: evaluation.shape };
}

function chooseObjective(
  output: ModelOutput,
  objectives: readonly Objective[],
  last: ExportedCall | undefined,
  hintOfLabels: string | undefined,
) {
  const chosen = defaultObjective(output, objectives);
  if (!isMisfit(chosen)) return chosen;
  const hint = hintOfLabels ?? chosen.hint;
  throw new UserError(problemText(chosen), {
    ...(last?.line && { location: { ...last.line, column: 1 } }),
    ...(hint !== undefined && { hint }),
  });
}

/** The inputs as layers, under names that no module has. */
function inputLayers(model: ExportedModel, layers: readonly LayerInfo[]): readonly LayerInfo[] {
  return networkInputs(model).map(({ name, shape }) => ({
    name: layers.some((layer) => layer.name === name) ? `input ${name}` : name,
    className: 'Input',
    source: [],
    outputShape: shape,
    parameters: [],
    macs: 0,
    fixedShape: true,
  }));
}

/**
 * The network of an exported model.
 * @throws UserError naming every operator that is not supported with its module and line; where no objective can read
 *   its output.
 */
export function createTorchNetwork(
  model: ExportedModel,
  source: TorchSource,
  objectives: readonly Objective[] = OBJECTIVES,
): Network {
  const { reads, parameters, layers, outputShape } = readModel(model);
  const { given = [], leftToDefault = [], remake, ...named } = source;
  const inputs = networkInputs(model, given);
  const last = lastCall(model.evaluation);
  const output: ModelOutput = { model: model.name, shape: outputShape, endings: [endingOf(last)] };
  const inputsAsLayers = inputLayers(model, layers);
  const pathOf = layerPaths(model, { reads, parameters });
  const nameOf = layerNames(model);
  const others = otherTensors(model, parameters);
  let hash: string | undefined;
  const withObjective = (objective: Objective, labels: Labels): Network => {
    const ends = [last, lastCall(model.training)].filter((call) => call !== undefined);
    const leftOut = new Set(
      ends.filter((call) => objective.leavesOut.includes(endingOf(call).kind) && endingOf(call).kind !== 'linear'),
    );
    const assembly: Assembly = { model, parameters, leftOut };
    return {
      name: model.name,
      frontEnd: TORCH,
      ...named,
      get fingerprint() {
        hash ??= fingerprint(model);
        return hash;
      },
      inputs,
      output,
      objective,
      labels,
      task: labels.task,
      labelShape: labels.shape,
      classes: labels.classes,
      parameters: [...parameters.values()],
      others,
      layers: [...inputsAsLayers, ...layers],
      apply(b, values, nodes, mode, observe) {
        checkBatch(model, values[0].shape[0]);
        if (observe) for (const [i, { name }] of inputsAsLayers.entries()) observe(name, values[i]);
        return applyModel(assembly, b, values, nodes, mode, {
          ...(observe && {
            onCall: (call, value) => {
              const path = pathOf(call);
              if (path === undefined || !isTensor(value) || value.place === 'known') return;
              observe(nameOf(path), value.node);
            },
          }),
        });
      },
      withObjective,
      // What it is trained for stays.
      ...(remake && {
        remake: async (...request) => (await remake(...request)).withObjective(objective, labels),
      }),
    };
  };
  const { objective, labels } = chooseObjective(output, objectives, last, labelsHint(model, given, leftToDefault));
  return withObjective(objective, labels);
}

/** @throws UserError where the model's batch is written down in it, and another one is asked for. */
function checkBatch({ name, batch }: ExportedModel, size: number): void {
  if (batch.dynamic || batch.size === size) return;
  throw new UserError(
    `The batch of ${name} is fixed in its code to the ${batch.size} examples that it was loaded with; ${size} are needed here.`,
    {
      hint: 'Take sizes from the shape of the input instead of from int() or len() of it, or give its number as --batch-size.',
    },
  );
}
