/** From an edit of a model in Python to the hints of what it has become, with the processor time of each process that takes part. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverCommands } from '../../server/protocol/editor';
import { makeWorkspace, startClient, type TestClient } from '../lsp/client';
import { TEST_PYTHON, whyNoKeras, whyNoPython } from '../support/python';
import { childrenOf, processorTime } from './processorTime';

/** A model that is edited; both files have the widths of its stages in one line. */
interface Edited {
  readonly title: string;
  readonly file: string;
  readonly name: string;
  readonly inputs?: readonly { readonly shape: readonly number[] }[];
  /** Why it cannot be loaded here; undefined where it can. */
  whyNot(): string | undefined;
}

const PYTORCH: Edited = {
  title: 'a ResNet-18 of PyTorch',
  file: 'resnet18.py',
  name: 'ResNet18',
  inputs: [{ shape: [3, 32, 32] }],
  whyNot: whyNoPython,
};

const KERAS: Edited = {
  title: 'a ResNet-18 of Keras',
  file: 'keras_resnet18.py',
  name: 'resnet18',
  whyNot: whyNoKeras,
};

type Print = (what: string, times: readonly number[], goal: string) => void;

const MODELS = join('test', 'bench', 'models');

const settingsOf = ({ file, inputs }: Edited) =>
  JSON.stringify({ python: TEST_PYTHON, data: 'noise:32x32x3:10:1024', ...(inputs && { models: [{ file, inputs }] }) });

/** Milliseconds between two edits: what follows the hints, such as paths, belongs to the edit before. */
const REST = 3000;
/** Milliseconds that hints are waited for, and between two looks. */
const PATIENCE = 120_000;
const LOOK = 10;
/** Of the last stage, one after the other. */
const WIDTHS = ['512', '504', '496', '488', '480'];

/** Milliseconds of processor time so far: of the language server, of its compute processes, and of Python with its forks. */
async function timesOf(client: TestClient): Promise<readonly number[]> {
  const workers = await client.workers();
  return [[client.process.pid!], workers, childrenOf(workers)].map(processorTime);
}

async function labelsOf(client: TestClient, file: string): Promise<string> {
  return (await client.hints(file)).map(({ label }) => String(label)).join();
}

/** Waits for hints that `accept` likes; asks for them as editors do, when the server says that there are others. */
async function untilHints(client: TestClient, file: string, accept: (labels: string) => boolean): Promise<void> {
  const refreshed = () => client.notifications.filter(({ method }) => method === 'workspace/inlayHint/refresh').length;
  const end = performance.now() + PATIENCE;
  for (let seen = 0; performance.now() < end; ) {
    const now = refreshed();
    if (now > seen && accept(await labelsOf(client, file))) return;
    seen = now;
    await new Promise((done) => setTimeout(done, LOOK));
  }
  throw new Error('There were no new hints.');
}

async function timeEdits(edited: Edited, method: string, goal: string, print: Print): Promise<void> {
  const { title, file, name } = edited;
  const text = await readFile(join(MODELS, file), 'utf8');
  const folder = await makeWorkspace([], { [file]: text, 'prunelens.json': settingsOf(edited) });
  const client = await startClient(folder, { settings: { backend: 'cpu', rescore: { method } } });
  try {
    client.open(file, text);
    await client.run(serverCommands.score, { model: `${client.file(file)}#${name}`, method });
    const labels = () => labelsOf(client, file);
    const times: number[] = [];
    const processor: (readonly number[])[] = [];
    for (const [at, width] of WIDTHS.entries()) {
      if (at === 0) continue;
      await new Promise((done) => setTimeout(done, REST));
      const [shown, before] = [await labels(), await timesOf(client)];
      const start = performance.now();
      client.edit(file, `256, ${WIDTHS[at - 1]}`, `256, ${width}`);
      await untilHints(client, file, (now) => now !== shown && !now.includes('stale'));
      times.push(performance.now() - start);
      const after = await timesOf(client);
      processor.push(after.map((time, part) => time - before[part]));
    }
    print(`Edit to hints, ${title} with ${method} (400 ms of it are the pause)`, times, goal);
    for (const [part, process] of ['language server', 'compute process', 'Python'].entries()) {
      const each = processor.map((one) => one[part]);
      print(`  of it processor time, ${process}`, each, 'none');
    }
  } finally {
    await client.stop();
  }
}

/** Edits of its width, with the cheapest criterion and with one that takes a gradient. */
async function editsOf(edited: Edited, print: Print): Promise<void> {
  const missing = edited.whyNot();
  if (missing) return console.log(`Edits of ${edited.title}: left out because ${missing}`);
  await timeEdits(edited, 'magnitude', '1,500 ms', print);
  await timeEdits(edited, 'snip', '4,000 ms', print);
}

export const pytorchEdits = (print: Print) => editsOf(PYTORCH, print);
export const kerasEdits = (print: Print) => editsOf(KERAS, print);
