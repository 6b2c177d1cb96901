/** The file that makes a model whose script sets a name in its main part. */
import { describe, expect, it } from 'vitest';
import { ownFile } from '../../../../server/frontends/torch/ownFile';

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

describe('a file that makes a model', () => {
  it('has the attributes that are taken of the name, and says which line sets it', () => {
    expect(ownFile('/w/train.py', SCRIPT, 'args', 'Net')).toEqual({
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
    const file = ownFile('/w/train.py', SCRIPT, 'rate', 'Net(widths=WIDTHS + list(args.more))');
    expect(file?.text.split('\n').slice(1, 3)).toEqual([
      'train.rate = 0.5  # Line 15 of train.py sets it: rate = 0.5',
      'model = train.Net(widths=train.WIDTHS + list(args.more))',
    ]);
  });

  it('is imported as a part of its package where the script has relative imports', () => {
    expect(ownFile('/w/train.py', `from .base import Base\n${SCRIPT}`, 'args', 'Net')?.text).toMatch(
      /^import types; from \. import train\n/,
    );
  });

  it('is not made where the main part does not set the name, or the script is no module', () => {
    expect(ownFile('/w/train.py', SCRIPT, 'parse', 'Net')).toBeUndefined();
    expect(ownFile('/w/train.py', SCRIPT, 'WIDTHS', 'Net')).toBeUndefined();
    expect(ownFile('/w/train-net.py', SCRIPT, 'args', 'Net')).toBeUndefined();
  });
});
