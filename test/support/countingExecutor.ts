import { createReferenceExecutor } from '../../server/executors/reference';
import type { DeviceTensor, Executor } from '../../server/executors/types';
import type { Program } from '../../server/graph/types';

/** The reference executor, with the number of tensors that are alive, and the programs that it has compiled. */
export function counting(): {
  readonly executor: Executor;
  readonly programs: readonly Program[];
  peak(): number;
  alive(): number;
} {
  const programs: Program[] = [];
  const inner = createReferenceExecutor();
  let [alive, peak] = [0, 0];
  const count = <T extends DeviceTensor>(tensor: T): T => {
    peak = Math.max(peak, ++alive);
    let isAlive = true;
    return {
      ...tensor,
      dispose() {
        if (!isAlive) throw new Error('a tensor was disposed twice');
        isAlive = false;
        alive--;
        tensor.dispose();
      },
    };
  };
  const executor: Executor = {
    ...inner,
    upload: (tensor) => count(inner.upload(tensor)),
    async compile(program) {
      programs.push(program);
      const executable = await inner.compile(program);
      return {
        ...executable,
        run: async (inputs) =>
          Object.fromEntries(Object.entries(await executable.run(inputs)).map(([name, one]) => [name, count(one)])),
      };
    },
  };
  return { executor, programs, peak: () => peak, alive: () => alive };
}
