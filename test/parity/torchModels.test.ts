/** Families of PyTorch models against PyTorch itself, in float64. */
import { describe, expect, it } from 'vitest';
import { type ExportJob, exportWithReferences, torchFixture } from '../support/exportTorch';
import { whyNoPython } from '../support/python';
import { comparePasses } from '../support/torchParity';

const missing = whyNoPython();
const LIMIT = 1e-9;

const FAMILIES: readonly (readonly [name: string, job: ExportJob])[] = [
  ['a ResNet', { file: torchFixture('resnet20.py'), expression: 'ResNet(1, 4)', inputs: [[[3, 12, 12]]] }],
];

describe.skipIf(missing !== undefined)(
  `PyTorch's own float64${missing ? ` (left out because ${missing})` : ''}`,
  () => {
    it('is what the engine computes of each family', { timeout: 600_000 }, () => {
      const exported = exportWithReferences(FAMILIES.map(([, job]) => job));
      for (const [i, [name]] of FAMILIES.entries()) {
        const { model, references } = exported[i];
        const differences = comparePasses(model, references);
        for (const [what, difference] of Object.entries(differences)) {
          expect(difference, `${what} of ${name}`).toBeLessThan(LIMIT);
        }
      }
    });
  },
);
