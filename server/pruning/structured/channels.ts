/** Which channels a network has, which of them must go together, and which cannot go at all. */
import { createBuilder } from '../../graph/builder';
import { reachable } from '../../graph/program';
import type { Node } from '../../graph/types';
import { declareInputs, declareParameters } from '../../models/parameters';
import { type Network, outputAxisOf } from '../../models/types';
import type { Shape } from '../../protocol/tensor';
import { type AxisLabels, createLabels, fixAxis, type Labels, STAYS, uniteAxes } from './labels';
import { equalParts, propagate, type Wholes } from './propagate';
import { type Split, settleSplits } from './reshape';

/** For each index along an axis the number of its channel entry, or {@link STAYS}; absent where nothing is removed. */
export type AxisEntries = AxisLabels;

/** A kernel and the axis of its output channels or units. */
export interface OutputAxis {
  /** Parameter name. */
  readonly weight: string;
  readonly layer: string;
  readonly axis: number;
  readonly channels: number;
}

/** Entries that share a layer: what is removed of one is removed of all the kernels in it. */
export interface ChannelGroup {
  /** Numbers of its entries, ascending. */
  readonly entries: Int32Array;
  /** Kernels that make its channels. */
  readonly outputs: readonly OutputAxis[];
  /** Layers through which they depend on one another; empty for a single kernel. */
  readonly ties: readonly string[];
}

/** A kernel some or all of whose output channels cannot be removed. */
export interface UncutKernel extends OutputAxis {
  /** How many of them. */
  readonly staying: number;
  readonly reason: string;
}

/**
 * The channels of a network as a mask sees them: an *entry* is the smallest set of output channels or units that can be
 * removed, in all kernels that make it and with all that reads it.
 */
export interface ChannelStructure {
  readonly network: Network;
  readonly entries: number;
  /** Entries along each axis of every parameter, and of every dropout mask, by name. */
  readonly axes: ReadonlyMap<string, readonly AxisEntries[]>;
  /** Entries along the axes of what each layer gives (an input layer: holds), with the batch; of its first call. */
  readonly outputs: ReadonlyMap<string, { readonly shape: Shape; readonly axes: readonly AxisEntries[] }>;
  readonly kernels: readonly OutputAxis[];
  readonly groups: readonly ChannelGroup[];
  readonly uncut: readonly UncutKernel[];
  /** How many axes come apart into parts that can only go whole: heads of attention, groups of a normalization. */
  readonly splits: number;
}

/** Two examples, so that nothing is broadcast over the batch by accident. */
const TRACE_BATCH = 2;

interface Trace {
  readonly labels: Labels;
  readonly inputs: ReadonlyMap<string, readonly AxisLabels[]>;
  readonly outputs: ReadonlyMap<string, { readonly shape: Shape; readonly axes: readonly AxisLabels[] }>;
  readonly splits: readonly Split[];
}

/** Labels of an input's axes: those of the data and of the batch stay, those of parameters are new. */
function inputLabels(labels: Labels, node: Node & { op: 'input' }, kind: 'data' | 'parameter' | 'noise') {
  return node.shape.map((extent, i) => {
    if (extent === 1 || (i === 0 && kind !== 'parameter')) return undefined;
    return kind === 'data' ? new Int32Array(extent).fill(STAYS) : labels.fresh(extent);
  });
}

/** Follows labels through the network as it is trained. */
function trace(network: Network): Trace {
  const b = createBuilder();
  const examples = declareInputs(b, network, TRACE_BATCH);
  const observed: { readonly layer: string; readonly value: Node }[] = [];
  const parameters = declareParameters(b, network);
  const application = network.apply(b, examples, parameters, 'train', (layer, value) =>
    observed.push({ layer, value }),
  );
  const { logits, statistics } = application;

  const labels = createLabels();
  const known = new Map<Node, readonly AxisLabels[]>();
  const dependent = new Set<Node>(examples);
  const inputs = new Map<string, readonly AxisLabels[]>();
  // A layer's nodes are made before its result, and after the results of the layers before it.
  let current = 0;
  const nodes = reachable([logits, ...statistics.values(), ...observed.map(({ value }) => value)]);
  // Layers of other frameworks have numbers of heads and groups in their settings, which are not changed.
  const wholes: Wholes | undefined = network.shrinkOriginal && { splits: [], parts: equalParts(nodes) };
  for (const node of nodes) {
    while (current < observed.length - 1 && observed[current].value.id < node.id) current++;
    if (node.op === 'input') {
      const { name } = node.attributes;
      const axes = inputLabels(
        labels,
        node,
        examples.includes(node) ? 'data' : parameters.has(name) ? 'parameter' : 'noise',
      );
      inputs.set(name, axes);
      known.set(node, axes);
      continue;
    }
    const fed = node.args.map((arg) => dependent.has(arg));
    if (fed.includes(true)) dependent.add(node);
    const args = node.args.map((arg) => known.get(arg)!);
    const layer = observed[current]?.layer ?? '';
    known.set(node, propagate(node, { labels, layer, args, dependent: fed, ...(wholes && { wholes }) }));
  }
  for (const axis of known.get(logits)!) fixAxis(labels, axis, "it gives the model's output, one value a class");
  for (const [name, node] of statistics) {
    known.get(node)!.forEach((axis, i) => {
      uniteAxes(labels, axis, inputs.get(name)?.[i], 'it is a statistic of what cannot be cut');
    });
  }
  if (wholes) settleSplits(labels, wholes.splits);

  const outputs = new Map<string, { shape: Shape; axes: readonly AxisLabels[] }>();
  for (const { layer, value } of observed) {
    const axes = known.get(value)!;
    const first = outputs.get(layer);
    outputs.set(layer, first ?? { shape: value.shape, axes });
    const sameShape =
      first?.shape.length === axes.length && first.shape.every((extent, i) => extent === value.shape[i]);
    // A layer whose settings name its shape (an input layer, a reshape) has one shape for all its calls.
    if (first && sameShape && isShapeBound(network, layer)) {
      axes.forEach((axis, i) => {
        uniteAxes(labels, first.axes[i], axis, `'${layer}' is used several times`, layer);
      });
    }
  }
  return { labels, inputs, outputs, splits: wholes?.splits ?? [] };
}

function isShapeBound(network: Network, layer: string): boolean {
  const info = network.layers.find(({ name }) => name === layer);
  return info === undefined || info.fixedShape === true;
}

/** Why output channels stay, beyond what the operations say. */
function fixKernels(network: Network, kernels: readonly OutputAxis[], prunable: ReadonlySet<string>, traced: Trace) {
  const { labels, inputs } = traced;
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  for (const { weight, axis } of kernels) {
    const { prunable: isPrunable, uncut } = parameters.get(weight)!;
    if (prunable.has(weight) && uncut === undefined) continue;
    const reason = uncut ?? (isPrunable ? 'it is excluded' : 'its layer is not trained');
    fixAxis(labels, inputs.get(weight)?.[axis], reason);
  }
}

/**
 * Finds the channels of `network`. Of kernels that are not in `prunable` (all prunable ones by default) no channel is
 * removed.
 */
export function findChannels(network: Network, prunable?: readonly string[]): ChannelStructure {
  const traced = trace(network);
  const { labels, inputs } = traced;
  const kernels = network.parameters
    .filter(({ role, name }) => role === 'kernel' && inputs.has(name))
    .map((parameter): OutputAxis => {
      const axis = outputAxisOf(parameter);
      return { weight: parameter.name, layer: parameter.layer, axis, channels: parameter.shape[axis] };
    });
  const allowed = prunable ?? network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  fixKernels(network, kernels, new Set(allowed), traced);

  // An entry is a free set of labels that some kernel makes.
  const numbers = new Map<number, number>();
  const numberOf = (label: number): number => (label === STAYS ? STAYS : (numbers.get(labels.find(label)) ?? STAYS));
  for (const { weight, axis } of kernels) {
    for (const label of inputs.get(weight)?.[axis] ?? []) {
      const root = labels.find(label);
      if (!numbers.has(root) && labels.describe(root).reason === undefined) numbers.set(root, numbers.size);
    }
  }
  const toEntries = (axes: readonly AxisLabels[]) => axes.map((axis) => axis?.map(numberOf));
  const axes = new Map([...inputs].map(([name, own]) => [name, toEntries(own)] as const));
  return {
    network,
    entries: numbers.size,
    axes,
    outputs: new Map([...traced.outputs].map(([name, own]) => [name, { shape: own.shape, axes: toEntries(own.axes) }])),
    kernels,
    groups: findGroups(numbers, kernels, axes, labels),
    uncut: findUncut(kernels, axes, traced),
    splits: traced.splits.filter(({ elements }) => elements.some((label) => numberOf(label) !== STAYS)).length,
  };
}

/** Entries that occur in one kernel's output are in one group. */
function findGroups(
  numbers: ReadonlyMap<number, number>,
  kernels: readonly OutputAxis[],
  axes: ReadonlyMap<string, readonly AxisEntries[]>,
  labels: Labels,
): readonly ChannelGroup[] {
  const sets = createLabels();
  sets.fresh(numbers.size);
  const entriesOf = ({ weight, axis }: OutputAxis) =>
    (axes.get(weight)![axis] ?? []).filter((entry) => entry !== STAYS);
  for (const kernel of kernels) {
    const [first, ...others] = entriesOf(kernel);
    for (const other of others) sets.unite(first, other, '');
  }
  const roots = [...numbers.keys()];
  const members = new Map<number, number[]>();
  for (let entry = 0; entry < numbers.size; entry++) {
    const root = sets.find(entry);
    const found = members.get(root);
    if (found) found.push(entry);
    else members.set(root, [entry]);
  }
  return [...members].map(([root, entries]) => ({
    entries: Int32Array.from(entries),
    outputs: kernels.filter((kernel) => entriesOf(kernel).some((entry) => sets.find(entry) === root)),
    ties: [...new Set(entries.flatMap((entry) => [...labels.describe(roots[entry]).ties]))],
  }));
}

function findUncut(
  kernels: readonly OutputAxis[],
  axes: ReadonlyMap<string, readonly AxisEntries[]>,
  { labels, inputs }: Trace,
): readonly UncutKernel[] {
  return kernels.flatMap((kernel) => {
    const entries = axes.get(kernel.weight)![kernel.axis];
    if (!entries) return [{ ...kernel, staying: kernel.channels, reason: 'it makes a single channel' }];
    const index = entries.indexOf(STAYS);
    if (index < 0) return [];
    const staying = entries.filter((entry) => entry === STAYS).length;
    const reason = labels.describe(inputs.get(kernel.weight)![kernel.axis]![index]).reason;
    return [{ ...kernel, staying, reason: reason ?? 'it cannot be cut' }];
  });
}
