/** docs/architecture.md names every room. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

it('has a line for every folder of the server', () => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const rooms = readdirSync(join(ROOT, 'server'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rooms.length).toBeGreaterThan(0);
  expect(rooms.map(({ name }) => name).filter((name) => !page.includes(`| \`server/${name}\` |`))).toEqual([]);
});
