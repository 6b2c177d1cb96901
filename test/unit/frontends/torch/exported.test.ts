import { describe, expect, it } from 'vitest';
import { type ExportedNode, readExported } from '../../../../server/frontends/torch/exported';
import { FrameError } from '../../../../server/processes/frames';
import { exportFrames, exportTorch, torchFixture } from '../../../support/exportTorch';
import { whyNoPython } from '../../../support/python';

const missing = whyNoPython();

const tensor = {
  name: 'w',
  kind: 'parameter',
  shape: [2],
  dtype: 'float32',
  trainable: true,
  aliases: [],
  source: [{ file: '/net.py', line: 3 }],
};
const graph = {
  nodes: [
    { tensor: 0, shape: [2], dtype: 'float32' },
    { input: 0, shape: [3, 2], dtype: 'float32' },
    { operator: 'aten.mul.Tensor', args: [{ node: 1 }, { node: 0 }], module: '' },
    { operator: 'aten.clamp.default', args: [{ node: 2 }, { float: '-inf' }], kwargs: { max: null }, module: '' },
  ],
  outputs: [{ name: '0', node: 3 }],
};
const header = {
  format: 1,
  torch: '2.13.0',
  name: 'Net',
  batch: { size: 3, dynamic: true },
  inputs: [{ name: 'x', shape: [2], dtype: 'float32' }],
  modules: [{ path: '', class: 'net.Net', source: [] }],
  tensors: [tensor],
  training: graph,
  evaluation: graph,
};
const values = new Uint8Array(Float32Array.of(1, 2).buffer);

describe('a description of a model', () => {
  it('is read with its values', () => {
    const { tensors, training } = readExported(header, values);
    expect(tensors[0].values).toEqual(Float32Array.of(1, 2));
    expect(training.nodes[3]).toMatchObject({ args: [{ node: 2 }, Number.NEGATIVE_INFINITY], kwargs: { max: null } });
  });

  it.each([
    ['another format', { ...header, format: 2 }, 'its format is 2, not 1'],
    ['a node that comes later', withNode({ args: [{ node: 2 }] }), 'training.nodes[2].args[0].node is 2, of 2'],
    ['a tensor that is not there', withNode({ tensor: 1 }), 'training.nodes[2].tensor is 1, of 1'],
    ['too few values', { ...header, tensors: [{ ...tensor, shape: [3] }] }, 'more values than there are'],
    ['too many values', { ...header, tensors: [{ ...tensor, shape: [1] }] }, 'more values than the tensors have'],
    ['no outputs', { ...header, training: { ...graph, outputs: [] } }, 'training.outputs is missing'],
    ['another kind', { ...header, tensors: [{ ...tensor, kind: 'x' }] }, 'tensors[0].kind is missing'],
  ])('is refused with %s', (_what, wrong, message) => {
    expect(() => readExported(wrong, values)).toThrow(FrameError);
    expect(() => readExported(wrong, values)).toThrow(message);
  });
});

function withNode(change: object) {
  const nodes = graph.nodes.map((node, i) => (i === 2 ? { ...node, ...change } : node));
  return { ...header, training: { ...graph, nodes } };
}

describe.skipIf(missing !== undefined)(`an export${missing ? ` (left out because ${missing})` : ''}`, () => {
  it('has the layers of a ResNet-20 in both modes, with an open batch', () => {
    const file = torchFixture('resnet20.py');
    const [model] = exportTorch([{ file, expression: 'resnet20()', inputs: [[[3, 32, 32]]] }]);
    const countOf = (mode: 'training' | 'evaluation', operator: string) =>
      model[mode].nodes.filter((node) => node.kind === 'call' && node.operator === operator).length;
    expect(model.batch).toEqual({ size: 4, dynamic: true });
    for (const mode of ['training', 'evaluation'] as const) {
      expect(countOf(mode, 'aten.conv2d.default')).toBe(19);
      expect(countOf(mode, 'aten.batch_norm.default')).toBe(19);
      expect(countOf(mode, 'aten.linear.default')).toBe(1);
    }
    const call = model.training.nodes.find((node) => node.kind === 'call' && node.module === 'stages.1.0.conv1');
    expect(call).toMatchObject({ shape: [4, 32, 16, 16], line: { file, line: 18 } });
    expect(model.modules.find(({ path }) => path === 'stages.1.0')?.className).toBe('model.BasicBlock');
    expect(model.tensors.filter(({ kind }) => kind === 'parameter')).toHaveLength(19 * 3 + 2);
  });

  it('is the same whether one trace tells both modes or two are made', () => {
    const file = torchFixture('modes.py');
    const networks = ['Layers', 'Small', 'Asks', 'Frozen', 'Hooked', 'Switched'];
    const expressions = networks.flatMap((name) => [`${name}()`, `asked(${name}())`]);
    const frames = exportFrames(expressions.map((expression) => ({ file, expression, inputs: [[[3, 8, 8]]] })));
    for (const [i, name] of networks.entries()) {
      expect(frames[2 * i].header, name).toEqual(frames[2 * i + 1].header);
    }
    const [layers, , , , , , frozen] = frames.map(({ header, body }) => readExported(header, body));
    const flags = (nodes: readonly ExportedNode[], operator: string, at: number) =>
      nodes.flatMap((node) => (node.kind === 'call' && node.operator === operator ? [node.args[at]] : []));
    expect(flags(layers.training.nodes, 'aten.batch_norm.default', 5)).toEqual([true, true, true, true]);
    expect(flags(layers.evaluation.nodes, 'aten.batch_norm.default', 5)).toEqual([false, true, false, false]);
    expect(flags(layers.evaluation.nodes, 'aten.dropout.default', 2)).toEqual([false, true]);
    expect(flags(frozen.training.nodes, 'aten.batch_norm.default', 5)).toEqual([false]);
  });

  it('is the same whether another number of examples stands for any or they are open', () => {
    const file = torchFixture('examples.py');
    // Which networks one can be traced of with another number, and which are open at all.
    const networks: readonly (readonly [name: string, isCounted: boolean, isOpen: boolean])[] = [
      ['Viewed', true, true],
      ['Token', true, true],
      ['Transposed', true, true],
      ['Decides', false, false],
      ['Caught', false, true],
      ['Apart', false, false],
      ['First', false, true],
      ['Doubled', false, false],
    ];
    const expressions = networks.flatMap(([name]) => [`${name}()`, `opened(${name}())`, `closed(${name}())`]);
    const jobs = [...expressions, 'Repeated()'].map((expression) => ({
      file,
      expression,
      inputs: [[[3, 8, 8]]] as const,
    }));
    const headers = exportFrames(jobs).map(({ header }) => header as { readonly batch: object });
    for (const [i, [name, isCounted, isOpen]] of networks.entries()) {
      const [plain, opened, closed] = headers.slice(3 * i);
      expect(plain, name).toEqual(opened);
      expect(plain.batch, name).toEqual({ size: 4, dynamic: isOpen });
      expect(closed.batch, name).toEqual({ size: 4, dynamic: isCounted });
    }
    expect(headers.at(-1)!.batch).toEqual({ size: 4, dynamic: false });
  });

  it('is refused with the line where it would be wrong', () => {
    const file = torchFixture('refused.py');
    const expected: readonly (readonly [name: string, message: string, line: number])[] = [
      ['StraightThrough', 'Sign is an autograd.Function', 22],
      ['NumpyNoise', "draws random numbers from Python's random or NumPy's", 26],
      ['NewGenerator', 'makes a random generator', 32],
      ['PythonNoise', "draws random numbers from Python's random or NumPy's", 36],
      ['Nothing', 'forward returns no tensor', 41],
      ['Branch', 'depends on the values of a tensor (`if x.sum() > 0:`)', 47],
      ['Found', 'A size depends on the values of a tensor', 54],
      ['Inner', 'forward takes gradients itself', 59],
      ['Leaves', 'forward takes values out of PyTorch', 65],
      ['Wrapped', 'forward returns an object of model.Plain', 74],
      ['Frozen', 'cut off from the weights', 83],
    ];
    const frames = exportFrames(expected.map(([name]) => ({ file, expression: `${name}()`, inputs: [[[8]]] })));
    for (const [i, [, message, line]] of expected.entries()) {
      expect(frames[i].header).toMatchObject({ refused: expect.stringContaining(message), file, line });
    }
  });
});
