/** Imports run down only: a room imports rooms that stand before it here, and no files import each other in a circle. */
import { expect, it } from 'vitest';
import { importsOf, roomOf, sourcesIn } from './sources';

/** Rooms of `server/` from the ground up; each may import those named. */
const GROUND: { readonly [room: string]: readonly string[] } = {
  protocol: [],
  graph: ['protocol'],
  processes: ['protocol'],
  files: ['protocol'],
  python: ['protocol', 'processes'],
  executors: ['protocol', 'graph', 'processes', 'files', 'python'],
  objectives: ['protocol', 'graph'],
  models: ['protocol', 'graph', 'objectives'],
  frontends: ['protocol', 'graph', 'processes', 'python', 'files', 'models', 'objectives'],
  data: ['protocol', 'files'],
  pruning: ['protocol', 'graph', 'executors', 'models', 'objectives'],
  runs: ['protocol', 'files'],
  training: ['protocol', 'graph', 'executors', 'models', 'objectives', 'files', 'data', 'pruning', 'runs'],
  autos: [
    'protocol',
    'graph',
    'executors',
    'models',
    'frontends',
    'objectives',
    'files',
    'data',
    'pruning',
    'runs',
    'training',
  ],
  settings: ['protocol', 'executors', 'files', 'objectives', 'pruning', 'training'],
};
const ENGINE = Object.keys(GROUND);
const RULES: typeof GROUND = {
  ...GROUND,
  request: ENGINE,
  masks: [...ENGINE, 'request'],
  shrinking: [...ENGINE, 'request', 'masks'],
  reports: [...ENGINE, 'request', 'masks'],
  learning: [...ENGINE, 'request', 'masks', 'reports'],
  comparison: [...ENGINE, 'request', 'masks', 'reports'],
  search: [...ENGINE, 'request', 'masks', 'reports', 'comparison'],
  sweep: [...ENGINE, 'request', 'masks', 'reports', 'comparison'],
  worker: [...ENGINE, 'request', 'masks', 'shrinking', 'reports', 'learning', 'comparison', 'search', 'sweep'],
  lsp: ['protocol', 'processes', 'files', 'frontends', 'runs', 'settings', 'worker'],
  cli: [...ENGINE, 'request', 'masks', 'shrinking', 'reports', 'learning', 'comparison', 'search', 'sweep'],
};

const SERVER = sourcesIn('server');

it('has a rule for every room', () => {
  const rooms = new Set(SERVER.map(roomOf).filter((room) => room !== undefined));
  expect([...rooms].filter((room) => !(room in RULES))).toEqual([]);
});

it.each(Object.entries(RULES))('server/%s imports only what it may', (room, allowed) => {
  const wrong = SERVER.filter((file) => roomOf(file) === room).flatMap((file) =>
    importsOf(file)
      .filter((imported) => {
        const other = roomOf(imported.file);
        // Files beside the rooms are for all.
        return other !== undefined && other !== room && !allowed.includes(other);
      })
      .map((imported) => `${file} imports ${imported.file}`),
  );
  expect(wrong).toEqual([]);
});

it.each(['client', 'webview'])('%s knows the protocol only', (folder) => {
  const wrong = sourcesIn(folder).flatMap((file) =>
    importsOf(file)
      .filter((imported) => imported.file.startsWith('server/') && !imported.file.startsWith('server/protocol/'))
      .map((imported) => `${file} imports ${imported.file}`),
  );
  expect(wrong).toEqual([]);
});

/** A circle of imports among the files, as its members in order; undefined where there is none. */
function findCircle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] | undefined => {
    if (done.has(file)) return undefined;
    const place = path.indexOf(file);
    if (place >= 0) return [...path.slice(place), file];
    path.push(file);
    for (const next of edges.get(file) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
  return undefined;
}

it('has no files that import each other in a circle', () => {
  const files = [...SERVER, ...sourcesIn('client'), ...sourcesIn('webview')];
  const edges = new Map(files.map((file) => [file, importsOf(file).map((imported) => imported.file)]));
  expect(findCircle(edges)).toBeUndefined();
});

it('finds a circle where there is one', () => {
  const edges = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['a']],
  ]);
  expect(findCircle(edges)).toEqual(['a', 'b', 'd', 'a']);
});
