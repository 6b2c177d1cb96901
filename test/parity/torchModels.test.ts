/** Families of PyTorch models against PyTorch itself, in float64. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../server/executors/reference';
import { type ExportJob, exportWithReferences, type InputSpec, torchFixture } from '../support/exportTorch';
import { whyNoPython } from '../support/python';
import { comparePasses } from '../support/torchParity';

const missing = whyNoPython();
/** Tables of positions are computed in float32 there. */
const LIMIT = 1e-7;

const job = (file: string, expression: string, input: InputSpec): ExportJob => ({
  file: torchFixture(file),
  expression,
  inputs: [input],
});

const JOBS: readonly ExportJob[] = [
  job('resnet20.py', 'ResNet(1, 4)', [[3, 12, 12]]),
  job('families.py', 'Mobile()', [[3, 14, 14]]),
  job('families.py', 'ViT()', [[3, 8, 8]]),
  job('families.py', 'TokenEncoder()', [[6], 'int64', 11]),
  job('families.py', 'GPT()', [[5], 'int64', 7]),
  job('families.py', 'Llama()', [[5], 'int64', 9]),
  job('families.py', 'UNet()', [[3, 9, 8]]),
  job('families.py', 'Recurrent()', [[4, 4]]),
  job('families.py', 'Branches()', [[3, 10, 10]]),
  job('families.py', 'ConvNeXt()', [[3, 8, 8]]),
  job('families.py', 'Windows()', [[3, 8, 8]]),
  job('families.py', 'Computed()', [[3, 7, 7]]),
  job('families.py', 'Signals()', [[4, 12]]),
  job('families.py', 'Writes()', [[3, 4, 6]]),
  job('families.py', 'Volumes()', [[2, 3, 8, 8]]),
  job('families.py', 'Unpooled()', [[3, 6, 8]]),
  job('families.py', 'Various()', [[3, 6, 4]]),
  job('families.py', 'Discriminator()', [[3, 6, 4]]),
];

describe.skipIf(missing !== undefined)(
  `PyTorch's own float64${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    it('is what the engine computes of each family', { timeout: 600_000 }, async () => {
      const executor = createReferenceExecutor();
      const exported = exportWithReferences(JOBS);
      for (const [i, { expression }] of JOBS.entries()) {
        const { model, references } = exported[i];
        for (const [what, difference] of Object.entries(await comparePasses(executor, model, references))) {
          expect.soft(difference, `${what} of ${expression}`).toBeLessThan(LIMIT);
        }
      }
    });
  },
);
