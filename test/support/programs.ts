/** Running a program once, and how far two results are apart. */
import type { Executor } from '../../server/executors/types';
import type { Program } from '../../server/graph/types';
import type { HostTensor } from '../../server/protocol/tensor';

export type HostTensors = { [name: string]: HostTensor };

/** What a program gives; of several runs on the same inputs, what the last one gives. */
export async function runOn(
  executor: Executor,
  program: Program,
  inputs: HostTensors,
  { purpose, runs = 1 }: { readonly purpose?: 'training'; readonly runs?: number } = {},
): Promise<HostTensors> {
  const executable = await executor.compile(program, purpose);
  const uploaded = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, executor.upload(value)]));
  let outputs = await executable.run(uploaded);
  for (let run = 1; run < runs; run++) {
    for (const tensor of Object.values(outputs)) tensor.dispose();
    outputs = await executable.run(uploaded);
  }
  const entries = Object.entries(outputs);
  const results = await Promise.all(entries.map(async ([name, tensor]) => [name, await tensor.read()] as const));
  for (const tensor of [...Object.values(uploaded), ...Object.values(outputs)]) tensor.dispose();
  await executable.dispose();
  return Object.fromEntries(results);
}

/** Largest difference, relative to the largest expected magnitude (at least 1); NaN where any value is NaN. */
export function difference(actual: HostTensor, expected: HostTensor): number {
  const scale = Array.from(expected.data, Math.abs).reduce((largest, value) => Math.max(largest, value), 1);
  const gaps = Array.from(expected.data, (value, i) => Math.abs(value - actual.data[i]) / scale);
  return gaps.reduce((largest, gap) => Math.max(largest, gap), 0);
}
