/** What completes `data` in prunelens.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { findDataSets } from '../../../server/frontends/torch/discovery/findDataSets';
import { dataCompletions } from '../../../server/lsp/features/dataCompletions';
import { temporaryFolder } from '../../support/models';

const SCRIPT = `from torch.utils.data import Dataset, DataLoader
from torchvision import datasets

class Base(Dataset):
    def __init__(self, root):
        self.root = root

class Pictures(Base):
    def __init__(self, root="data"):
        super().__init__(root)

class Net:
    pass

def load(path):
    return Pictures(path)

def pair():
    return Pictures(), Pictures()

def splits():
    return Pictures()

train_set = Pictures()
digits = datasets.MNIST("data")
loader = DataLoader(train_set)
data = (train_set, digits)
rate = 0.1
data_dir = "data"
net = Net()
_hidden = Pictures()
`;

it('finds names of data without running anything', () => {
  expect(findDataSets(SCRIPT)).toEqual(['Pictures', 'pair', 'splits', 'train_set', 'digits', 'loader', 'data']);
  expect(findDataSets('def broken(:')).toEqual([]);
});

it('completes the value of data, with what stands around the cursor replaced', async () => {
  const folder = temporaryFolder({ 'train.py': SCRIPT, 'net.py': 'x = 1\n' });
  mkdirSync(join(folder, 'more', '.venv'), { recursive: true });
  writeFileSync(join(folder, 'more', 'own.py'), 'test_data = make()\n');
  writeFileSync(join(folder, 'more', '.venv', 'other.py'), 'test_data = make()\n');
  const at = async (text: string, name = 'prunelens.json') => {
    const offset = text.indexOf('|');
    const whole = text.replace('|', '');
    const uri = pathToFileURL(join(folder, name)).href;
    const document = TextDocument.create(uri, 'json', 1, whole);
    const items = await dataCompletions(document, offset);
    return {
      labels: items.map(({ label }) => label),
      apply: (label: string) => {
        const { textEdit } = items.find((item) => item.label === label)!;
        return TextDocument.applyEdits(document, [textEdit as never]);
      },
    };
  };
  const inString = await at('{ "data": "tr|ain" }');
  expect(inString.labels.slice(0, 3)).toEqual(['train.py#Pictures', 'train.py#pair', 'train.py#splits']);
  expect(inString.labels).toEqual(expect.arrayContaining(['more/own.py#test_data', 'mnist', 'noise']));
  expect(inString.labels.some((label) => label.includes('other.py') || label.includes('net.py'))).toBe(false);
  expect(inString.apply('train.py#train_set')).toBe('{ "data": "train.py#train_set" }');
  expect((await at('{ "data": | }')).apply('mnist')).toBe('{ "data": "mnist" }');
  expect((await at('{ "da|ta": "" }')).labels).toEqual([]);
  expect((await at('{ "python": "|" }')).labels).toEqual([]);
  expect((await at('{ "data": "|" }', 'model.json')).labels).toEqual([]);
});
