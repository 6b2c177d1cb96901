/** A program that several networks have, compiled once over all of them. */
import { layoutOf, stackProgram } from '../../graph/stack';
import type { Node, Program } from '../../graph/types';
import type { DeviceTensor, Executable, Executor } from '../types';
import type { Gatherer } from './gather';
import { createLaneTensor, createStackTensor, type LaneTensor } from './tensors';

type LaneTensors = { readonly [name: string]: LaneTensor };

export interface Group {
  /** Runs the program with the tensors of the networks that are there; what each gets, at its place. */
  run(inputs: readonly (LaneTensors | undefined)[]): Promise<readonly (LaneTensors | undefined)[]>;
  dispose(): Promise<void>;
}

/** Inputs that stay the same from run to run, such as masks, stacked once. */
interface Remembered {
  readonly tensors: readonly (LaneTensor | undefined)[];
  readonly stacked: DeviceTensor;
}

/** @param width How many networks there is room for. */
export async function createGroup(
  executor: Executor,
  gatherer: Gatherer,
  program: Program,
  width: number,
  purpose: 'training' | undefined,
): Promise<Group> {
  const executable: Executable = await executor.compile(stackProgram(program, width), purpose);
  const nodes = new Map(program.inputs.map((node) => [node.attributes.name, node as Node]));
  const remembered = new Map<string, Remembered>();
  const forget = (name: string) => {
    remembered.get(name)?.stacked.dispose();
    remembered.delete(name);
  };

  async function inputOf(name: string, tensors: readonly (LaneTensor | undefined)[], temporary: DeviceTensor[]) {
    const known = remembered.get(name);
    if (known && tensors.every((tensor, lane) => !tensor || known.tensors[lane] === tensor)) return known.stacked;
    forget(name);
    const { shape, dtype } = nodes.get(name)!;
    const { tensor, isOwn } = await gatherer.gather(tensors, shape, dtype);
    if (!isOwn) return tensor;
    // What the program gives anew is another one next time.
    if (name in program.outputs) temporary.push(tensor);
    else remembered.set(name, { tensors, stacked: tensor });
    return tensor;
  }

  return {
    async run(lanes) {
      const temporary: DeviceTensor[] = [];
      const inputs: { [name: string]: DeviceTensor } = {};
      try {
        for (const name of executable.program.inputs.map((node) => node.attributes.name)) {
          inputs[name] = await inputOf(
            name,
            lanes.map((lane) => lane?.[name]),
            temporary,
          );
        }
        const holders = lanes.filter((lane) => lane !== undefined).length;
        const outputs = Object.entries(await executable.run(inputs)).map(([name, tensor]) => {
          const node = program.outputs[name];
          return [name, node, createStackTensor(tensor, layoutOf(node), width, holders)] as const;
        });
        return lanes.map(
          (one, lane) =>
            one &&
            Object.fromEntries(
              outputs.map(([name, { shape, dtype }, stack]) => [
                name,
                createLaneTensor({ kind: 'stack', stack, lane }, shape, dtype),
              ]),
            ),
        );
      } finally {
        for (const tensor of temporary) tensor.dispose();
      }
    },
    async dispose() {
      for (const name of [...remembered.keys()]) forget(name);
      await executable.dispose();
    },
  };
}
