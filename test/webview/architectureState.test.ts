/** The architecture graph: modules, what is shown of them, and where nodes lie, as functions of the state. */
import { describe, expect, it } from 'vitest';
import { densityOf } from '../../webview/architecture/density';
import {
  connectionsBetween,
  firstOpened,
  modulesAround,
  moduleTree,
  shownJoins,
  shownModules,
} from '../../webview/architecture/folding';
import { framesAround, nameWithin, shownFrames } from '../../webview/architecture/frames';
import { type Box, layoutOf, pathOf } from '../../webview/architecture/layout';
import { shortcutsIn } from '../../webview/architecture/shortcuts';
import {
  type ArchitectureEvent,
  type ArchitecturePage,
  firstState,
  reduce,
  shownNodes,
} from '../../webview/architecture/state';
import { withUses } from '../../webview/architecture/uses';
import { resnet50, vit12 } from './support/architectures';

const layersNamed = (...names: readonly string[]) => ({
  layers: names.map((name) => ({ ...resnet50().summary.layers[0], name })),
});
const paths = (page: Pick<ArchitecturePage, 'tree' | 'opened'>) => shownNodes(page).map(({ path }) => path);
const stateAfter = (events: readonly ArchitectureEvent[], page: ArchitecturePage = firstState) =>
  events.reduce(reduce, page);

describe('shortcuts', () => {
  it('go past what another way leads through, and branches beside each other do not', () => {
    const residual = [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
    ] as const;
    expect([...shortcutsIn(residual)]).toEqual([[0, 2]]);
    const branches = [
      [0, 2],
      [1, 3],
      [2, 4],
      [3, 4],
    ] as const;
    expect(shortcutsIn(branches).size).toBe(0);
    // A ViT has two in each block.
    const { summary } = vit12();
    const tree = moduleTree(summary);
    const all = new Set(
      tree.children.flatMap(({ path, children }) => [
        path,
        ...children.flatMap((one) => [one.path, ...one.children.map((inner) => inner.path)]),
      ]),
    );
    expect(shortcutsIn(connectionsBetween(shownModules(tree, all), summary)).size).toBe(24);
  });
});

describe('modules', () => {
  it('hold layers that follow each other and are called alike', () => {
    const tree = moduleTree(layersNamed('stem', 'a.0.conv', 'a.0.bn', 'a.1.conv', 'a.1.bn', 'head.fc'));
    expect(tree.children.map(({ path, layers }) => [path, layers.length])).toEqual([
      ['stem', 1],
      ['a', 4],
      ['head.fc', 1],
    ]);
    expect(tree.children[1].children.map(({ path }) => path)).toEqual(['a.0', 'a.1']);
  });

  it('are those within, where others stand between them', () => {
    // A U-Net: its stages are a list, with the pooling of all of them after each.
    const tree = moduleTree(
      layersNamed('down.0.conv', 'down.0.bn', 'pool', 'down.1.conv', 'down.1.bn', 'pool (2)', 'up.0', 'up.1'),
    );
    expect(tree.children.map(({ path, layers }) => [path, layers])).toEqual([
      ['down.0', [0, 1]],
      ['pool', [2]],
      ['down.1', [3, 4]],
      ['pool (2)', [5]],
      ['up', [6, 7]],
    ]);
    const scattered = moduleTree(layersNamed('a.0.x', 'b', 'a.0.y', 'a.1.x', 'a.1.y'));
    expect(scattered.children.map(({ path }) => path)).toEqual(['a.0.x', 'b', 'a.0.y', 'a.1']);
  });

  it('are told by underscores where nothing else is in the names, and never from numbers of layers', () => {
    const keras = moduleTree(
      layersNamed(
        'conv1_conv',
        'conv1_bn',
        'conv2_block1_conv',
        'conv2_block1_bn',
        'conv2_block2_conv',
        'conv2_block2_bn',
      ),
    );
    expect(keras.children.map(({ path }) => path)).toEqual(['conv1', 'conv2']);
    const plain = moduleTree(layersNamed('conv2d_1', 'activation_1', 'conv2d_2', 'activation_2'));
    expect(plain.children.map(({ path }) => path)).toEqual(['conv2d_1', 'activation_1', 'conv2d_2', 'activation_2']);
  });

  it('are the branches of a large network whose names tell nothing', () => {
    const names = Array.from({ length: 12 }, (_, at) => [
      `conv2d_${3 * at}`,
      `conv2d_${3 * at + 1}`,
      `conv2d_${3 * at + 2}`,
      `concatenate_${at}`,
    ]);
    const blocks = Array.from({ length: 12 }, (_, at) => {
      const [first, left, right, end] = [0, 1, 2, 3].map((place) => 4 * at + place);
      const from = at === 0 ? [] : [[first - 1, first] as const];
      return [...from, [first, left], [first, right], [left, end], [right, end]] as const;
    });
    const summary = { ...layersNamed(...names.flat()), connections: blocks.flat() };
    const tree = moduleTree(summary);
    expect(tree.children.slice(0, 3).map(({ path }) => path)).toEqual(['conv2d_0', 'up to concatenate_0', 'conv2d_3']);
    expect(tree.children).toHaveLength(24);
    expect(tree.children[1].children.map(({ path }) => path)).toEqual(['conv2d_1', 'conv2d_2', 'concatenate_0']);
    expect(modulesAround(tree, 2)).toEqual(['up to concatenate_0']);
    expect(connectionsBetween(shownModules(tree, firstOpened(tree)), summary)).toHaveLength(23);
    // A connection past a block makes one of all that it goes past.
    const skipping = moduleTree({ ...summary, connections: [...summary.connections, [0, 11]] });
    expect(skipping.children[1].layers).toHaveLength(11);
    expect(moduleTree(layersNamed(...names.flat())).children).toHaveLength(48);
  });

  it.each([
    ['ResNet-50', resnet50],
    ['a ViT of 12 blocks', vit12],
  ])('keep %s readable at first, and can all be opened', (_, state) => {
    const { summary } = state();
    const tree = moduleTree(summary);
    const shown = shownModules(tree, firstOpened(tree));
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.length).toBeLessThanOrEqual(30);
    expect(shown.flatMap(({ layers }) => layers)).toEqual(summary.layers.map((_layer, place) => place));
    const page = stateAfter([
      { kind: 'modelChosen', model: 'm' },
      { kind: 'modelTold', state: state() },
      { kind: 'allToggled', isOpen: true },
    ]);
    expect(paths(page)).toEqual(summary.layers.map(({ name }) => name));
  });

  it('have a node for each use of a layer, and its weights once', () => {
    const { layers } = layersNamed('input', 'a.conv1', 'a.relu', 'a.conv2', 'fc');
    const connections = [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 5],
      [5, 6],
      [6, 4],
    ] as const;
    const shown = withUses({ layers, connections, joins: [], uses: [2, 1] });
    expect(shown.layers.map(({ name }) => name)).toEqual([
      'input',
      'a.conv1',
      'a.relu',
      'a.conv2',
      'a.relu (2)',
      'a.conv1 (2)',
      'fc',
    ]);
    expect(shown.connections).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
    // Only that of the last use is known.
    expect(shown.layers.slice(2, 5).map(({ outputShape }) => outputShape.length)).toEqual([0, 3, 3]);
    expect(moduleTree(shown).children.map(({ path }) => path)).toEqual(['input', 'a', 'fc']);
    const selection = {
      layers: [{ layer: 'a.conv1', weight: 'w', total: 8, kept: 2, macs: 0, sparseMacs: 0 }],
    } as never;
    const again = { path: 'a.conv1 (2)', layers: [5], children: [] };
    expect(densityOf(again, shown.layers, selection)).toMatchObject({ total: 8, kept: 2 });
    expect(densityOf({ ...again, layers: [1, 5] }, shown.layers, selection)).toMatchObject({ total: 8, kept: 2 });
  });

  it('around a layer are known from the outside in', () => {
    const { summary } = resnet50();
    const place = summary.layers.findIndex(({ name }) => name === 'layer2.1.conv2');
    expect(modulesAround(moduleTree(summary), place)).toEqual(['layer2', 'layer2.1']);
  });
});

describe('connections', () => {
  it('of folded modules are those of their layers, each once, without those within', () => {
    const { summary } = resnet50();
    const tree = moduleTree(summary);
    const shown = shownModules(tree, new Set());
    const names = (place: number) => shown[place].path;
    const between = connectionsBetween(shown, summary).map(([from, to]) => `${names(from)} > ${names(to)}`);
    expect(between).toContain('maxpool > layer1');
    expect(between.filter((one) => one.startsWith('layer1 >'))).toEqual(['layer1 > layer2']);
  });

  it('go through joins beside what is open, and not within what is folded', () => {
    const { summary } = vit12();
    const tree = moduleTree(summary);
    const folded = shownModules(tree, new Set(['blocks']));
    expect(shownJoins(folded, summary.joins!)).toEqual([]);
    expect(connectionsBetween(folded, summary)).toHaveLength(folded.length - 1);
    const open = shownModules(tree, new Set(['blocks', 'blocks.3', 'blocks.3.attn', 'blocks.3.mlp']));
    expect(shownJoins(open, summary.joins!)).toEqual([6, 7]);
    const between = connectionsBetween(open, summary);
    const block = (path: string) => open.findIndex((module) => module.path === path);
    expect(between).toContainEqual([block('blocks.2'), open.length]);
    expect(between).toContainEqual([open.length + 1, block('blocks.4')]);
    expect(between).toContainEqual([open.length, open.length + 1]);
  });

  it.each([
    ['ResNet-50', resnet50],
    ['a ViT of 12 blocks', vit12],
  ])('of %s lead downwards between nodes that do not overlap, in frames that hold theirs only', (_, state) => {
    const { summary } = state();
    const page = stateAfter([
      { kind: 'modelChosen', model: 'm' },
      { kind: 'modelTold', state: state() },
      { kind: 'allToggled', isOpen: true },
    ]);
    const shown = shownNodes(page);
    const frames = shownFrames(page.tree!, page.opened);
    const joins = shownJoins(shown, summary.joins!);
    const around = framesAround(shown, joins, frames, summary);
    const connections = connectionsBetween(shown, summary);
    const layout = layoutOf({ nodes: shown.length, joins: joins.length, around }, connections);
    const { nodes, edges, width, height } = layout;
    for (const [from, to] of connections) expect(nodes[from].y).toBeLessThan(nodes[to].y);
    const areApart = (a: Box, b: Box) =>
      a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
    const overlapping = nodes.flatMap((a, at) => nodes.slice(at + 1).filter((b) => !areApart(a, b)));
    expect(overlapping).toEqual([]);
    expect(frames.length).toBeGreaterThan(10);
    for (const [at, frame] of layout.frames.entries()) {
      for (const [place, node] of nodes.slice(0, shown.length).entries()) {
        const isInside = node.x >= frame.x && node.x + node.width <= frame.x + frame.width && !areApart(node, frame);
        const isHeld = frames[at].layers.includes(shown[place].layers[0]);
        expect(isHeld ? isInside : areApart(node, frame)).toBe(true);
      }
    }
    expect(Math.max(...nodes.map((node) => node.x + node.width))).toBeLessThanOrEqual(width);
    expect(Math.max(...nodes.map((node) => node.y + node.height))).toBeLessThanOrEqual(height);
    expect(edges).toHaveLength(connections.length);
    for (const { points } of edges) expect(pathOf(points)).toMatch(/^M[\d.]+,[\d.]+(L[\d.,]+|(Q[\d.,]+ [\d.,]+)+)$/);
  });

  it('lie within the picture, also where they go around all nodes', () => {
    // A U-Net of four stages: down to 8, and up to 12, with a way across at each.
    const chain = Array.from({ length: 16 }, (_, at) => [at, at + 1] as const);
    const across = [0, 2, 4, 6].map((from) => [from, 16 - from] as const);
    const { edges, width } = layoutOf({ nodes: 17, joins: 0, around: new Array(17).fill(undefined) }, [
      ...chain,
      ...across,
    ]);
    const places = edges.flatMap(({ points }) => points.map(({ x }) => x));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(Math.max(...places)).toBeLessThan(width);
  });

  it('are in frames: a block of a ViT has both its joins, and names are told within them', () => {
    const { summary } = vit12();
    const tree = moduleTree(summary);
    const opened = new Set(['blocks', 'blocks.3', 'blocks.3.mlp']);
    const [nodes, frames] = [shownModules(tree, opened), shownFrames(tree, opened)];
    expect(frames.map(({ path }) => path)).toEqual(['blocks', 'blocks.3', 'blocks.3.mlp']);
    const joins = shownJoins(nodes, summary.joins!);
    const around = framesAround(nodes, joins, frames, summary);
    const frameOf = (path: string) => around[nodes.findIndex((node) => node.path === path)];
    expect(['norm', 'blocks.4', 'blocks.3.norm1', 'blocks.3.mlp.fc1'].map(frameOf)).toEqual([undefined, 0, 1, 2]);
    expect(joins.map((_, at) => around[nodes.length + at])).toEqual([1]);
    expect(around.slice(nodes.length + joins.length)).toEqual([undefined, 0, 1]);
    expect(nameWithin('blocks.3.mlp.fc1', 'blocks.3.mlp')).toBe('fc1');
    expect(nameWithin('conv2d_1', 'up to add_1')).toBe('conv2d_1');
    expect(nameWithin('norm', undefined)).toBe('norm');
  });
});

describe('the state', () => {
  const shown = stateAfter([
    { kind: 'modelChosen', model: 'm' },
    { kind: 'modelTold', state: resnet50() },
  ]);

  it('shows the layer of a line, in opened modules, and keeps what is selected where the line made it too', () => {
    const { summary } = resnet50();
    const layer = summary.layers.find(({ name }) => name === 'layer3.4.conv2')!;
    const [{ file, line }] = layer.source;
    const page = reduce(shown, { kind: 'lineShown', file, line });
    expect(page.selected).toBe('layer3.4.conv2');
    expect(paths(page)).toContain('layer3.4.conv2');
    const folded = reduce(reduce(page, { kind: 'moduleToggled', path: 'layer3.4' }), { kind: 'lineShown', file, line });
    expect(folded.selected).toBe('layer3.4');
    expect(reduce(page, { kind: 'lineShown', file, line: 1 })).toBe(page);
  });

  it('keeps its modules when scores change, and forgets them with another model', () => {
    const folded = reduce(shown, { kind: 'allToggled', isOpen: false });
    expect(reduce(folded, { kind: 'modelTold', state: { ...resnet50(), sparsity: 0.5 } }).opened.size).toBe(0);
    const other = stateAfter(
      [
        { kind: 'modelChosen', model: 'other' },
        { kind: 'modelTold', state: vit12() },
      ],
      folded,
    );
    expect(paths(other)).toContain('blocks.11');
  });

  it('walks along the nodes', () => {
    const first = reduce(shown, { kind: 'moved', by: 1 });
    expect(first.selected).toBe('input');
    expect(
      stateAfter(
        [
          { kind: 'moved', by: 1 },
          { kind: 'moved', by: 1 },
          { kind: 'moved', by: -1 },
        ],
        first,
      ).selected,
    ).toBe('conv1');
  });

  it('knows what is kept of a module, and what is dead', () => {
    const { summary, selection } = resnet50();
    const tree = moduleTree(summary);
    const densities = tree.children.map((module) => densityOf(module, summary.layers, selection));
    expect(densities[0]).toBeUndefined();
    const stage = densities[tree.children.findIndex(({ path }) => path === 'layer1')]!;
    expect(stage.total).toBeGreaterThan(stage.kept);
    const dead = summary.layers.findIndex(({ name }) => name === 'layer4.2.conv2');
    expect(densityOf({ path: 'x', layers: [dead], children: [] }, summary.layers, selection)).toMatchObject({
      kept: 0,
      isDead: true,
    });
  });
});
