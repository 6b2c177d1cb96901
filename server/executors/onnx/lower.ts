/** Programs as ONNX models. */
import type { Node, OpName, OpNode, Program } from '../../graph/types';
import { createEmitter, type Emitter } from './emitter';
import type { OnnxModel, OnnxNode, OnnxValueInfo } from './encode';
import { convolutionRules } from './lowerConvolution';
import { elementwiseRules, sourceRules } from './lowerElementwise';
import { normalizationRules } from './lowerNormalization';
import { poolingRules } from './lowerPooling';
import { rowRules } from './lowerRows';
import { shapeRules } from './lowerShape';
import { dense, type Lowering, type Rule, type Value } from './values';

const rules: { [K in OpName]: Rule<K> } = {
  ...sourceRules,
  ...elementwiseRules,
  ...shapeRules,
  ...rowRules,
  ...convolutionRules,
  ...poolingRules,
  ...normalizationRules,
};

/** What the model is for. */
export type Target = Pick<Lowering, 'cpu' | 'block'>;

export interface LoweredProgram {
  readonly model: OnnxModel;
  /** Names in the model of the program's inputs and outputs. */
  readonly inputs: { readonly [name: string]: string };
  readonly outputs: { readonly [name: string]: string };
}

/**
 * One ONNX model for a program. Inputs and outputs have the program's shapes (NHWC, HWIO); every output is a value of
 * its own, also where it is an input or equals another output.
 */
export function lowerProgram(program: Program, target: Target): LoweredProgram {
  const emitter = createEmitter();
  const inputs = Object.fromEntries(program.inputs.map((input, i) => [input.attributes.name, `input_${i}`]));
  const values = new Map<number, Value>();
  const lowering: Lowering = {
    emitter,
    ...target,
    inputName: (name) => inputs[name],
    uses: useCounter(program),
    needsIndices: indexedPoolings(program),
    value: (node) => values.get(node.id)!,
  };
  for (const node of program.nodes) {
    emitter.setScope(`${node.op}_${node.id}`);
    values.set(node.id, lowerNode(lowering, node));
  }
  const outputs = lowerOutputs(lowering, program);
  const infoOf = (name: string, { dtype, shape }: Node): OnnxValueInfo => ({ name, type: dtype, shape });
  const model: OnnxModel = {
    name: program.name,
    opsets: target.cpu ? { '': 18, 'com.microsoft': 1, 'com.microsoft.nchwc': 1 } : { '': 18 },
    nodes: liveNodes(emitter.nodes, Object.values(outputs)),
    initializers: emitter.initializers,
    inputs: program.inputs.map((input) => infoOf(inputs[input.attributes.name], input)),
    outputs: Object.entries(outputs).map(([name, value]) => infoOf(value, program.outputs[name])),
  };
  return { model, inputs, outputs };
}

function lowerNode<K extends OpName>(lowering: Lowering, node: OpNode<K>): Value {
  return rules[node.op](lowering, node);
}

function lowerOutputs(lowering: Lowering, program: Program): { [name: string]: string } {
  const { emitter } = lowering;
  const taken = new Set<string>();
  const computed = (name: string): boolean => emitter.nodes.some((node) => node.outputs.includes(name));
  return Object.fromEntries(
    Object.entries(program.outputs).map(([output, node], i) => {
      emitter.setScope(`output_${i}`);
      const value = dense(lowering, node);
      const name = computed(value) && !taken.has(value) ? value : ownCopy(emitter, value, i);
      taken.add(name);
      return [output, name];
    }),
  );
}

/** A copy that no other output shares. */
function ownCopy(emitter: Emitter, value: string, index: number): string {
  return emitter.emit('Identity', [value], { copy: index });
}

/** The nodes that the outputs need: rules that fuse operations leave unused ones behind. */
function liveNodes(nodes: readonly OnnxNode[], outputs: readonly string[]): readonly OnnxNode[] {
  const needed = new Set(outputs);
  const live = [...nodes].reverse().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const input of node.inputs) needed.add(input);
    return true;
  });
  return live.reverse();
}

function useCounter(program: Program): (node: Node) => number {
  const counts = new Map<Node, number>();
  const count = (node: Node): void => void counts.set(node, (counts.get(node) ?? 0) + 1);
  for (const node of program.nodes) node.args.forEach(count);
  Object.values(program.outputs).forEach(count);
  return (node) => counts.get(node) ?? 0;
}

function indexedPoolings(program: Program): (x: Node, geometry: object) => boolean {
  const keyOf = (x: Node, geometry: object): string => `${x.id} ${JSON.stringify(geometry)}`;
  const known = new Set(
    program.nodes
      .filter((node) => node.op === 'maxPoolGather' || node.op === 'maxPoolScatter')
      .map((node) => keyOf(node.args[0], node.attributes)),
  );
  return (x, geometry) => known.has(keyOf(x, geometry));
}
