/** The two lines that a training script gets. */
import { describe, expect, it } from 'vitest';
import { maskLines } from '../../../../server/frontends/torch/trainingScript';

const SCRIPT = `"""Trains."""
# Comment.
import torch
from net import Net

def main():
    rate = 0.1
    model = Net(
        depth=2,
    ).to("cpu")
    for step in range(3):
        loss = model(step)

main()
`;

function applied(text: string, line: number, file = 'net.masks.py'): string | undefined {
  const found = maskLines(text, line, file);
  if (!found) return undefined;
  const lines = text.split(/(?<=\n)/);
  for (const { line: at, text: inserted } of found.insertions.toReversed()) lines.splice(at, 0, inserted);
  return lines.join('');
}

describe('masks in a training script', () => {
  it('are put on the model after the statement that makes it', () => {
    const expected = SCRIPT.replace('import Net\n', 'import Net\nimport os, runpy\n').replace(
      '.to("cpu")\n',
      '.to("cpu")\n    runpy.run_path(os.path.join(os.path.dirname(__file__), "net.masks.py"))["apply"](model)\n',
    );
    expect(applied(SCRIPT, 7)).toBe(expected);
    // Also from a line in its middle; and not twice.
    expect(applied(SCRIPT, 8)).toBe(expected);
    expect(applied(expected, 8)).toBeUndefined();
  });

  it('are not offered where no model is made', () => {
    for (const line of [0, 2, 5, 6, 10, 11, 13]) expect(applied(SCRIPT, line), `line ${line}`).toBeUndefined();
  });

  it('go by the name of the masks where the variable tells nothing, and need no end of the last line', () => {
    const text = 'a = zoo.resnet20()';
    expect(applied(text, 0)).toBeUndefined();
    expect(applied(text, 0, 'resnet20-snip-90.masks.py')).toBe(
      'import os, runpy\na = zoo.resnet20()\nrunpy.run_path(os.path.join(os.path.dirname(__file__), "resnet20-snip-90.masks.py"))["apply"](a)\n',
    );
  });
});
