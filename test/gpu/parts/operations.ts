/** Every operation on the device against the float64 reference, in value and in both derivatives. */
import { createReferenceExecutor } from '../../../server/executors/reference';
import type { Executor } from '../../../server/executors/types';
import type { Program } from '../../../server/graph/types';
import {
  caseInputs,
  forwardProgram,
  jvpProgram,
  type OpCase,
  opCases,
  secondOrderProgram,
  vjpProgram,
} from '../../parity/opCases';
import { difference, type HostTensors, runOn } from '../../support/programs';
import type { CheckContext, Part } from '../types';

/** As the tests of parity have it. */
const TOLERANCE = 1e-4;

/** So many runs and the program is replayed as a CUDA graph. */
const RUNS = 5;

/** So many that are wrong are named. */
const NAMED = 8;

interface Way {
  readonly what: string;
  readonly programs: readonly ((entry: OpCase) => Program | undefined)[];
  readonly purpose?: 'training';
  readonly runs: number;
}

const WAYS: readonly Way[] = [
  {
    what: 'values, vjp, jvp and second order, as in scoring',
    programs: [forwardProgram, vjpProgram, jvpProgram, secondOrderProgram],
    runs: 1,
  },
  { what: 'values and vjp, as in scoring, the fifth run', programs: [forwardProgram, vjpProgram], runs: RUNS },
  {
    what: 'second order with the fastest kernels, as in training, the fifth run',
    programs: [secondOrderProgram],
    purpose: 'training',
    runs: RUNS,
  },
];

/** The largest difference of one program, or why it could not be run. */
async function differenceOf(
  executor: Executor,
  program: Program,
  inputs: HostTensors,
  way: Way,
): Promise<number | string> {
  const expected = await runOn(createReferenceExecutor(), program, inputs);
  try {
    const actual = await runOn(executor, program, inputs, way);
    return Object.entries(expected).reduce(
      (largest, [name, value]) => Math.max(largest, difference(actual[name], value)),
      0,
    );
  } catch (error) {
    return (error as Error).message;
  }
}

async function checkWay(executor: Executor, way: Way, { sizes, tell }: CheckContext): Promise<void> {
  let count = 0;
  let worst = 0;
  const wrong: string[] = [];
  for (const [i, entry] of opCases.entries()) {
    if (i % sizes.everyCase !== 0) continue;
    for (const build of way.programs) {
      const program = build(entry);
      if (!program) continue;
      const found = await differenceOf(executor, program, caseInputs(entry, program), way);
      count++;
      if (typeof found === 'number' && found <= TOLERANCE) worst = Math.max(worst, found);
      else wrong.push(`${program.name}: ${typeof found === 'number' ? found.toExponential(1) : found}`);
    }
  }
  const more = wrong.length > NAMED ? ` and ${wrong.length - NAMED} more` : '';
  const right = `${count - wrong.length} of ${count} programs within ${TOLERANCE}, the largest difference ${worst.toExponential(1)}`;
  tell({
    what: way.what,
    value: wrong.length === 0 ? right : `${right}; not: ${wrong.slice(0, NAMED).join('; ')}${more}`,
    passed: wrong.length === 0,
  });
}

export const operations: Part = {
  name: 'operations',
  title: 'Every operation',
  async run(context) {
    const executor = await context.share('float32');
    for (const way of WAYS) await checkWay(executor, way, context);
  },
};
