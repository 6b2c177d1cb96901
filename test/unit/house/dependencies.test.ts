/** Dependencies point one way: a folder imports only those that stand before it here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SERVER = resolve(import.meta.dirname, '../../../server');

/** Rooms from the ground up; each may import those named. */
const RULES: { readonly [folder: string]: readonly string[] } = {
  protocol: [],
  graph: ['protocol'],
  processes: ['protocol'],
  files: ['protocol'],
  executors: ['protocol', 'graph', 'processes'],
  objectives: ['protocol', 'graph'],
  models: ['protocol', 'graph', 'objectives'],
  frontends: ['protocol', 'graph', 'processes', 'files', 'models', 'objectives'],
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
const ENGINE = Object.keys(RULES);
const ABOVE: typeof RULES = {
  request: ENGINE,
  masks: [...ENGINE, 'request'],
  reports: [...ENGINE, 'request', 'masks'],
  learning: [...ENGINE, 'request', 'masks', 'reports'],
  comparison: [...ENGINE, 'request', 'masks', 'reports'],
  search: [...ENGINE, 'request', 'masks', 'reports', 'comparison'],
  sweep: [...ENGINE, 'request', 'masks', 'reports', 'comparison'],
  worker: [...ENGINE, 'request', 'masks', 'reports', 'learning', 'comparison', 'sweep'],
  lsp: ['protocol', 'processes', 'files', 'frontends', 'runs', 'settings', 'worker'],
  cli: [...ENGINE, 'request', 'masks', 'reports', 'learning', 'comparison', 'search', 'sweep'],
};

/** TypeScript files below a folder; none where there is no such folder yet. */
function sourcesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name));
}

/** Folders below `server` that a file imports from, other than its own; files beside the folders are for all. */
function importedFolders(file: string): string[] {
  const specifiers = [...readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']*)'/g)].map(
    ([, text]) => text,
  );
  const own = relative(SERVER, file).split('/')[0];
  return specifiers
    .map((specifier) => relative(SERVER, join(dirname(file), specifier)).split('/'))
    .filter(([folder, ...rest]) => rest.length > 0 && folder !== own && folder !== '..')
    .map(([folder]) => folder)
    .concat(specifiers.some((text) => text.endsWith('/pruning') && own !== 'pruning') ? ['pruning'] : []);
}

it.each(Object.entries({ ...RULES, ...ABOVE }))('server/%s imports only what it may', (folder, allowed) => {
  const wrong = sourcesIn(join(SERVER, folder)).flatMap((file) =>
    importedFolders(file)
      .filter((imported) => !allowed.includes(imported))
      .map((imported) => `${relative(SERVER, file)} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

it.each(['client', 'webview'])('%s knows the protocol only', (folder) => {
  const root = resolve(SERVER, '..', folder);
  const wrong = sourcesIn(root).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']*)'/g)]
      .map(([, specifier]) => relative(SERVER, join(dirname(file), specifier)))
      .filter((path) => !path.startsWith('..') && !path.startsWith('protocol/'))
      .map((path) => `${relative(root, file)} imports server/${path}`),
  );
  expect(wrong).toEqual([]);
});
