/**
 * A network as units (neurons, channels) and what connects them, for criteria and diagnostics that follow paths. The
 * units of a tensor are the places of its last axis; a place of a kernel connects one unit to another, and everything
 * between kernels (activations, pooling, normalization, changes of shape) connects units without a weight. Each id that can be
 * looked up in a table is a unit of its input, and the table is the kernel between the ids and what their rows hold.
 */
import { createBuilder } from '../graph/builder';
import { reachable } from '../graph/program';
import { equalShapes } from '../graph/shapes';
import type { Node, OpNode } from '../graph/types';
import { declareInputs, declareParameters } from '../models/parameters';
import type { Network } from '../models/types';
import { type Shape, sizeOf } from '../protocol/tensor';

/** A kernel between two tensors' units: its place `i`, row-major, leads from `source(i)` to `target(i)`. */
export interface WeightLink {
  readonly kind: 'weight';
  readonly from: number;
  readonly to: number;
  readonly weight: string;
  /** The place in the weight that the kernel's place is, where the kernel is a part of it. */
  readonly places?: Int32Array;
  readonly size: number;
  /** Places that many apart connect the same units: they differ in the position in the window only. */
  readonly period: number;
  source(index: number): number;
  target(index: number): number;
}

/** Each unit to the unit of the same number. */
export interface SameLink {
  readonly kind: 'same';
  readonly from: number;
  readonly to: number;
}

/** Unit `sources[i]` to unit `targets[i]`, for every i. */
export interface PairLink {
  readonly kind: 'pairs';
  readonly from: number;
  readonly to: number;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
}

export type UnitLink = WeightLink | SameLink | PairLink;

export interface UnitGraph {
  /** Number of units of each tensor, in an order in which links lead forwards; the inputs are first, the logits last. */
  readonly units: readonly number[];
  /** How many of the tensors are inputs. */
  readonly inputs: number;
  /** Links by the tensor they lead to. */
  readonly links: readonly UnitLink[];
}

/** Operations on single elements that kernels are computed by. */
const CHANGES_ELEMENTS: ReadonlySet<string> = new Set([
  'multiply',
  'divide',
  'add',
  'subtract',
  'negate',
  'abs',
  'tanh',
  'sigmoid',
]);

/** Names of the parameters that are kernels. */
type Kernels = ReadonlySet<string>;

function lastExtent(shape: Shape): number {
  return shape.length === 0 ? 1 : shape[shape.length - 1];
}

/**
 * The parameter whose elements are those of a kernel's node: as it is, a part of it, with its axes in another order, or changed one
 * by one, as by a mask or a norm. Undefined where there is none;
 * of several, the one among `kernels`.
 */
function parameterOf(node: Node, kernels: Kernels): Pick<WeightLink, 'weight' | 'places'> | undefined {
  if (node.op === 'input') return { weight: node.attributes.name };
  if (node.op === 'reshape') return parameterOf(node.args[0], kernels);
  if (node.op !== 'slice' && node.op !== 'transpose') {
    if (!CHANGES_ELEMENTS.has(node.op)) return undefined;
    const whole = node.args.filter(({ shape }) => equalShapes(shape, node.shape));
    const behind = whole.flatMap((arg) => parameterOf(arg, kernels) ?? []);
    return behind.find(({ weight }) => kernels.has(weight)) ?? behind[0];
  }
  const [arg] = node.args;
  const found = parameterOf(arg, kernels);
  if (!found) return undefined;
  const { weight, places: inner } = found;
  const strides = arg.shape.map((_, axis) => sizeOf(arg.shape.slice(axis + 1)));
  const places = Int32Array.from({ length: sizeOf(node.shape) }, (_, index) => {
    const place = placeOf(index, node.shape);
    const at = place.reduce((sum, extent, axis) => {
      if (node.op === 'transpose') return sum + extent * strides[node.attributes.permutation[axis]];
      return sum + (extent + node.attributes.begin[axis]) * strides[axis];
    }, 0);
    return inner?.[at] ?? at;
  });
  return { weight, places };
}

/** A link through a kernel's places: with the weights behind it, or, where it has none, between what it does not leave apart. */
function kernelLink(
  places: Omit<WeightLink, 'kind' | 'weight' | 'places'>,
  kernel: Node,
  targets: number,
  kernels: Kernels,
): UnitLink {
  const weight = parameterOf(kernel, kernels);
  if (weight) return { kind: 'weight', ...places, ...weight };
  const { from, to, size, source, target } = places;
  const isZero = (index: number) => kernel.op === 'literal' && kernel.attributes.data[index] === 0;
  return pairLink(from, to, size, targets, (index) => (isZero(index) ? undefined : [source(index), target(index)]));
}

function convolutionLink(
  node: OpNode<'conv2d'> | OpNode<'conv2dInputGradient'>,
  from: number,
  to: number,
  kernels: Kernels,
): UnitLink {
  const kernel = node.args[1];
  const [, , inputs, outputs] = kernel.shape;
  const outputsOfGroup = outputs / node.attributes.groups;
  const output = (index: number) => index % outputs;
  const input = (index: number) =>
    Math.floor(output(index) / outputsOfGroup) * inputs + (Math.floor(index / outputs) % inputs);
  // A transposed convolution leads from the kernel's outputs to its inputs.
  const [source, target] = node.op === 'conv2d' ? [input, output] : [output, input];
  const period = inputs * outputs;
  return kernelLink(
    { from, to, size: sizeOf(kernel.shape), period, source, target },
    kernel,
    lastExtent(node.shape),
    kernels,
  );
}

function matrixLink(node: OpNode<'matmul'>, from: number, to: number, kernels: Kernels): UnitLink {
  const kernel = node.args[1];
  const columns = lastExtent(kernel.shape);
  const row = (index: number) => Math.floor(index / columns);
  const column = (index: number) => index % columns;
  const [source, target] = node.attributes.transposeB ? [column, row] : [row, column];
  const size = sizeOf(kernel.shape);
  return kernelLink({ from, to, size, period: size, source, target }, kernel, lastExtent(node.shape), kernels);
}

/** From ids to the rows of a table. */
function tableLink(node: OpNode<'gatherRows'>, from: number, to: number, kernels: Kernels): UnitLink {
  const table = node.args[0];
  const columns = lastExtent(table.shape);
  const size = sizeOf(table.shape);
  const source = (index: number) => Math.floor(index / columns);
  const target = (index: number) => index % columns;
  return kernelLink({ from, to, size, period: size, source, target }, table, columns, kernels);
}

/** A product of two values that both come from the input, as in attention: no kernel is between them and the result. */
function productLink(node: OpNode<'matmul'>, position: number, from: number, to: number): UnitLink {
  const { transposeB } = node.attributes;
  // The columns of the second factor are those of the result; everything else is summed over, or in each of them.
  if (position === 1 && !transposeB) return { kind: 'same', from, to };
  const [sources, targets] = [lastExtent(node.args[position].shape), lastExtent(node.shape)];
  return pairLink(from, to, sources * targets, targets, (pair) => [Math.floor(pair / targets), pair % targets]);
}

/** Distinct pairs of units out of one pair for each element. */
function pairLink(
  from: number,
  to: number,
  count: number,
  unitsOfTarget: number,
  pairOf: (element: number) => readonly [source: number, target: number] | undefined,
): PairLink {
  const found = new Set<number>();
  for (let element = 0; element < count; element++) {
    const pair = pairOf(element);
    if (pair) found.add(pair[0] * unitsOfTarget + pair[1]);
  }
  const pairs = [...found].sort((a, b) => a - b);
  return {
    kind: 'pairs',
    from,
    to,
    sources: Int32Array.from(pairs, (pair) => Math.floor(pair / unitsOfTarget)),
    targets: Int32Array.from(pairs, (pair) => pair % unitsOfTarget),
  };
}

/** The place of element `index` of a tensor along each axis. */
function placeOf(index: number, shape: Shape): number[] {
  const place = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    place[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}

/** Links from the units of `node.args[position]` to those of the node, where no kernel is between them. */
function plainLink(node: Node, position: number, from: number, to: number): UnitLink {
  const arg = node.args[position];
  const [sources, targets] = [lastExtent(arg.shape), lastExtent(node.shape)];
  const last = node.shape.length - 1;
  const shifted = (offset: number) =>
    pairLink(from, to, sources, targets, (unit) =>
      unit + offset >= 0 && unit + offset < targets ? [unit, unit + offset] : undefined,
    );
  switch (node.op) {
    case 'concat':
      if (node.attributes.axis !== last) break;
      return shifted(node.args.slice(0, position).reduce((sum, { shape }) => sum + lastExtent(shape), 0));
    case 'slice':
      return shifted(-(node.attributes.begin[last] ?? 0));
    case 'pad':
      return shifted(node.attributes.before[last] ?? 0);
    case 'reshape':
      if (sources === targets) break;
      return pairLink(from, to, sizeOf(arg.shape), targets, (element) => [element % sources, element % targets]);
    case 'transpose': {
      const axis = node.attributes.permutation[last];
      if (axis === last) break;
      return pairLink(from, to, sizeOf(arg.shape), targets, (element) => {
        const place = placeOf(element, arg.shape);
        return [place[last], place[axis]];
      });
    }
    case 'reduceSum':
    case 'reduceMax': {
      const { axes, keepDims } = node.attributes;
      if (!axes.includes(arg.shape.length - 1)) break;
      const left = arg.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
      const axis = keepDims ? undefined : left[left.length - 1];
      return pairLink(from, to, sizeOf(arg.shape), targets, (element) => {
        const place = placeOf(element, arg.shape);
        return [place[place.length - 1], axis === undefined ? 0 : place[axis]];
      });
    }
  }
  if (sources === targets) return { kind: 'same', from, to };
  // What is left is broadcasting: one unit to all.
  return pairLink(from, to, targets, targets, (unit) => [0, unit]);
}

function linkOf(node: Node, position: number, from: number, to: number, isKernel: boolean, kernels: Kernels): UnitLink {
  if (position === 0 && (node.op === 'conv2d' || node.op === 'conv2dInputGradient')) {
    return convolutionLink(node, from, to, kernels);
  }
  if (node.op === 'gatherRows') return tableLink(node, from, to, kernels);
  if (node.dtype === 'int32') return { kind: 'same', from, to };
  if (node.op === 'matmul')
    return isKernel ? matrixLink(node, from, to, kernels) : productLink(node, position, from, to);
  return plainLink(node, position, from, to);
}

/** What only tells ids apart, or makes them, is on no path: no value passes it. */
function isOnPaths(node: Node): boolean {
  return node.op !== 'argMax' && !(node.op === 'equal' && node.args[0].dtype === 'int32');
}

/** The units of a network and their links, from one example's computation. */
export function createUnitGraph(network: Network): UnitGraph {
  const b = createBuilder();
  const inputs = declareInputs(b, network, 1);
  const { logits } = network.apply(b, inputs, declareParameters(b, network), 'score');
  const nodes = reachable([logits]);
  const ids = Math.max(1, ...nodes.map((node) => (node.op === 'gatherRows' ? node.args[0].shape[0] : 0)));
  const unitsOf = ({ dtype, shape }: Node) => (dtype === 'int32' ? ids : lastExtent(shape));

  const numbers = new Map(inputs.map((input, number) => [input, number]));
  const kernels: Kernels = new Set(network.parameters.flatMap(({ role, name }) => (role === 'kernel' ? [name] : [])));
  const units = inputs.map(unitsOf);
  const links: UnitLink[] = [];
  for (const node of nodes) {
    if (!node.args.some((arg) => numbers.has(arg)) || !isOnPaths(node)) continue;
    const to = units.push(unitsOf(node)) - 1;
    numbers.set(node, to);
    node.args.forEach((arg, position) => {
      const from = numbers.get(arg);
      // A node that takes a tensor twice has one link to it.
      if (from !== undefined && node.args.indexOf(arg) === position) {
        const isKernel = position === 0 && node.args.some((other) => !numbers.has(other));
        links.push(linkOf(node, position, from, to, isKernel, kernels));
      }
    });
  }
  return { units, inputs: inputs.length, links };
}
