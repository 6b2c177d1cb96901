/** docs/graph.md: its code runs, and prints what the page says. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** The contents of a page's fenced blocks in a language. */
function blocks(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text]) => (name === language ? text : []));
}

it('prints what it says', async () => {
  const page = readFileSync(join(ROOT, 'docs', 'graph.md'), 'utf8');
  const code = blocks(page, 'ts');
  expect(code.length).toBeGreaterThan(5);
  // Beside docs/, so that the imports of the page hold.
  const file = join(ROOT, '.cache', `document-${process.pid}.ts`);
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeFileSync(file, code.join(''));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  onTestFinished(() => {
    log.mockRestore();
    rmSync(file, { force: true });
  });
  await import(/* @vite-ignore */ file);
  expect(log.mock.calls.map((args) => `${args.join(' ')}\n`).join('')).toBe(blocks(page, 'text').join(''));
});
