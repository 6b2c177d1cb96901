/** A folder that is not trusted: nothing of it runs, and what needs no code is still shown. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { extensionProcesses } from '../harness/extensionProcesses';
import { useEditor } from '../harness/fixture';
import { sleep } from '../harness/processes';

const MARK = 'the-code-ran';
const MODEL = `import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

writeFileSync(join(__dirname, '${MARK}'), 'yes');

export default function network(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
}
`;

const editor = useEditor({ untrusted: true, open: ['network.ts'], files: { 'network.ts': MODEL } });

it('runs no code of the workspace', async () => {
  const { lenses, notifications, server, workbench, workspace } = editor();
  await lenses.waitFor('Score at init');
  await lenses.click('Score at init');
  // Long enough for a model to be built, were it built.
  await sleep(8000);
  await workbench.replaceLine(1, "import * as tf from '@tensorflow/tfjs'; // edited");
  await sleep(4000);
  expect(existsSync(join(workspace, MARK))).toBe(false);
  expect(extensionProcesses(server.pid).loaders).toEqual([]);
  expect((await notifications.texts()).join('\n')).toMatch(/trust/i);
});

it('shows Keras models, which are data', async () => {
  const { lenses, workbench } = editor();
  await workbench.openFile('keras-convnet.json');
  await lenses.waitFor('Score at init');
});
