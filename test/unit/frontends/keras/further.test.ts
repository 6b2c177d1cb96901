/** What may be a model besides what certainly is one: found for editors, and loaded. */
import { describe, expect, it } from 'vitest';
import { createNeighbours, FRONT_ENDS, findModelsInText } from '../../../../server/frontends';
import { keras } from '../../../../server/frontends/keras';
import { failureOf, load, temporaryFolder } from '../../../support/models';

const IMPORT = "import * as tf from '@tensorflow/tfjs';\n";
const DENSE = 'tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [3] })] })';
const TEXT = `${IMPORT}import { unseen } from 'elsewhere';
const net = (units: number) => ${DENSE};
export const models = { small: () => net(2), large: () => net(5), width: 3 };
export class Net { build(units = 4) { return net(units); } }
export class Static { static build() { return net(6); } }
export class Wide { constructor(private units: number) {} build() { return net(this.units); } }
export const make = (units: number, options: { twice: boolean }) => net(options.twice ? 2 * units : units);
export const other = () => unseen();
export const typed = (): number => unseen();
export const quiet = () => console.log(1);
`;
const find = (text: string, file = '/m/model.ts') =>
  findModelsInText(text, file, FRONT_ENDS, createNeighbours(), true).map(
    ({ exportName, kind }) => `${exportName} ${kind}`,
  );

describe('an editor finds', () => {
  it('objects of builders, classes with build(), what needs arguments, and what only running it tells', () => {
    expect(find(TEXT)).toEqual([
      'models.small builder',
      'models.large builder',
      'Net.build builder',
      'Static.build builder',
      'make needs-arguments',
      'other possible',
    ]);
    // The command lists what is certain.
    expect(findModelsInText(TEXT, '/m/model.ts')).toEqual([]);
  });
});

describe('by its name', () => {
  const units = async (name: string, construct?: string) => {
    const setup = construct === undefined ? {} : { setup: { construct } };
    const source = TEXT.replace("import { unseen } from 'elsewhere';\n", 'const unseen: any = 0;\n');
    const folder = temporaryFolder({ 'net.ts': source });
    const { layers } = await load(`${folder}/net.ts#${name}`, setup);
    return layers.at(-1)!.config.units;
  };

  it.each([
    ['models.small', 2],
    ['models.large', 5],
    ['Net.build', 4],
    ['Static.build', 6],
    ['make(3, { twice: true })', 6],
  ])('%s is loaded', async (name, classes) => expect(await units(name)).toBe(classes));

  it('a function is called as the settings say', async () => {
    expect(await units('make', 'make(4, { twice: false })')).toBe(4);
    const failure = await failureOf(units('make', 'make(4, {)'));
    expect(failure.message).toContain('cannot be read');
  });
});

it('says why a file has no model', () => {
  const why = (text: string) => keras.explain!(text, '/m/model.ts', createNeighbours());
  expect(why(`${IMPORT}const net = tf.sequential();`).text).toContain('exports nothing. It defines "net"');
  expect(why('export const units = 3;').text).toContain('import TensorFlow.js');
  expect(why(`${IMPORT}export const net = (() => 3) as any;`)).toMatchObject({
    text: expect.stringContaining('does not show'),
    callable: ['net'],
  });
});
