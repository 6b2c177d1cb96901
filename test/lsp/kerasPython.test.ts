/** Keras models in Python over real LSP: lenses, hints at the lines of layers, mistakes at theirs, and no Python where it is not trusted. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serverCommands } from '../../server/protocol/editor';
import { TEST_PYTHON, whyNoKeras } from '../support/python';
import { buildServer, eventually, makeWorkspace, startClient, type TestClient } from './client';

const missing = whyNoKeras();

const NET = `import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers

def build(classes=3):
    inputs = keras.Input((8,))
    x = inputs
    for _ in range(2):
        x = layers.Dense(8, activation="relu")(x)
    outputs = layers.Dense(units=classes)(x)
    return keras.Model(inputs, outputs)

def sized(classes):
    return keras.Sequential([keras.Input((8,)), layers.Dense(classes)])

print("trains for hours")
`;

const SETTINGS = JSON.stringify({ data: 'noise', python: TEST_PYTHON });

let client: TestClient;
beforeAll(buildServer);
afterEach(() => client.stop());

async function start(trusted: boolean): Promise<string> {
  const folder = await makeWorkspace([], { 'net.py': NET, 'prunelens.json': SETTINGS });
  client = await startClient(folder, {
    settings: { backend: 'cpu' },
    ...(!trusted && { initializationOptions: { trusted: false } }),
  });
  client.open('net.py', NET);
  return `${client.file('net.py')}#build`;
}

const line = (text: string) => NET.split('\n').findIndex((one) => one.includes(text));

describe.skipIf(missing !== undefined)(`Keras in Python${missing ? ` (left out because ${missing})` : ''}`, () => {
  test('has lenses, hints at the lines of layers, and mistakes at theirs', async () => {
    const model = await start(true);
    const lenses = await client.lenses('net.py');
    const titles = ['Score at init', 'Prune…', 'Train masked', 'Compare methods'];
    expect(lenses.map(({ range, command }) => [range.start.line, command?.title])).toEqual(
      ['def build', 'def sized'].flatMap((definition) => titles.map((title) => [line(definition), title])),
    );
    await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.5 });
    const hinted = async () => [...new Set((await client.hints('net.py')).map(({ position }) => position.line))];
    expect(await hinted()).toEqual([line('layers.Dense(8'), line('layers.Dense(units=')]);
    expect(JSON.stringify(await client.hover('net.py', line('trains for hours')))).toContain(
      'not run for net.py#build',
    );

    client.edit('net.py', 'layers.Dense(units=classes)(x)', 'layers.Lambda(abs)(x)');
    const mistakes = () => client.diagnostics.get(client.uri('net.py')) ?? [];
    const [mistake] = await eventually(() => (mistakes().length > 0 ? mistakes() : undefined));
    expect([mistake.range.start.line, mistake.message]).toEqual([
      line('layers.Dense(units='),
      expect.stringContaining('is a Lambda layer'),
    ]);
    // The last good result stays.
    expect(await hinted()).toEqual([line('layers.Dense(8'), line('layers.Dense(units=')]);
  });

  test('starts no Python in a workspace that is not trusted', async () => {
    const model = await start(false);
    expect(await client.lenses('net.py')).toEqual([]);
    const failure = await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.5 }).catch(String);
    expect(failure).toContain('not trusted');
  });
});
