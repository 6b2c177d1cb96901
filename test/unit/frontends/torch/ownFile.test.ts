/** Files that make a model whose script sets what it needs in its main part, or takes it from the command line. */
import { describe, expect, it } from 'vitest';
import { fileThatSets, fileWithArguments } from '../../../../server/frontends/torch/ownFile';

const SCRIPT = `import argparse
import torch.nn as nn

WIDTHS = [8, 16]

class Net(nn.Module):
    def __init__(self, widths=WIDTHS):
        super().__init__()
        self.layer = nn.Linear(args.inputs, args.units)
        self.scale = rate

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    args = parser.parse_args()
    rate = 0.5
    print(args.units, args.copy())
`;

const train = { path: '/w/train.py', text: SCRIPT };

describe('a file that makes a model', () => {
  it('has the attributes that are taken of the name, and says which line sets it', () => {
    expect(fileThatSets(train, 'Net', train, 'args')).toEqual({
      name: 'train_model.py',
      text: [
        'import types, train',
        'train.args = types.SimpleNamespace(inputs=None, units=None)  # Line 14 of train.py sets it: args = parser.parse_args()',
        'model = train.Net()',
        '',
      ].join('\n'),
    });
  });

  it('copies what is written down, and qualifies the names of an expression', () => {
    const file = fileThatSets(train, 'Net(widths=WIDTHS + list(args.more))', train, 'rate');
    expect(file?.text.split('\n').slice(1, 3)).toEqual([
      'train.rate = 0.5  # Line 15 of train.py sets it: rate = 0.5',
      'model = train.Net(widths=train.WIDTHS + list(args.more))',
    ]);
  });

  it('is imported as a part of its package where the script has relative imports', () => {
    const part = { ...train, text: `from .base import Base\n${SCRIPT}` };
    expect(fileThatSets(part, 'Net', part, 'args')?.text).toMatch(/^import types; from \. import train\n/);
  });

  it('sets the name in the script that the model imports, by the name that it imports it by', () => {
    const model = (text: string) => ({ path: '/w/net.py', text: `${text}\nclass Deep(Net):\n    pass\n` });
    const linesOf = (text: string, path: string) =>
      fileThatSets(model(text), 'Deep', { ...train, path }, 'rate')?.text.split('\n');
    expect(linesOf('from train import Net', '/w/train.py')).toEqual([
      'import types, train, net',
      'train.rate = 0.5  # Line 15 of train.py sets it: rate = 0.5',
      'model = net.Deep()',
      '',
    ]);
    expect(linesOf('from work.train import Net', '/work/train.py')?.[0]).toBe('import types, work.train, net');
    expect(linesOf('import other', '/w/parts/train.py')?.[1]).toMatch(/^parts\.train\.rate = /);
    expect(linesOf('import other', '/elsewhere/train.py')).toBeUndefined();
  });

  it('is not made where the main part does not set the name, or the script is no module', () => {
    expect(fileThatSets(train, 'Net', train, 'parse')).toBeUndefined();
    expect(fileThatSets(train, 'Net', train, 'WIDTHS')).toBeUndefined();
    const dashed = { ...train, path: '/w/train-net.py' };
    expect(fileThatSets(dashed, 'Net', dashed, 'args')).toBeUndefined();
  });

  it('gives a script the arguments that its parser asks for', () => {
    const text = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument("data", metavar="DIR")
parser.add_argument('sizes', nargs=2, type=int)
parser.add_argument('rest', nargs='*')
parser.add_argument('-d', '--depth', type=int, required=True)
parser.add_argument('--arch', choices=["small", "large"], required=True)
parser.add_argument('--lr', default=0.1)
args = parser.parse_args()
class Net: pass
`;
    const file = { path: '/w/train.py', text };
    expect(fileWithArguments(file, 'Net', file, 9)?.text.split('\n')).toEqual([
      'import sys; sys.argv = ["train.py", "DATA", "1", "1", "--depth", "1", "--arch", "small"]  # Line 9 of train.py reads them: args = parser.parse_args()',
      'import train',
      'model = train.Net()',
      '',
    ]);
    expect(fileWithArguments(file, 'Net', { ...file, text: 'parser.add_argument("--lr")' }, 1)).toBeUndefined();
  });
});
