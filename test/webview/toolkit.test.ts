/** The component toolkit can be replaced in one place. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const WEBVIEW = resolve(import.meta.dirname, '../../webview');
/** The package, or one of its elements; `--vscode-…` are variables and `.vscode-dark` is a class of the editor. */
const TOOLKIT = /webview-ui-toolkit|(?<![-.\w])vscode-(?!dark|light|high-contrast|reduce)[a-z]/;

it('is known by one file only', () => {
  const files = readdirSync(WEBVIEW, { recursive: true, encoding: 'utf8' }).map((name) => join(WEBVIEW, name));
  const sources = files.filter((file) => /\.(tsx?|css)$/.test(file));
  const knowing = sources.filter((file) => TOOLKIT.test(readFileSync(file, 'utf8')));
  expect(knowing.map((file) => relative(WEBVIEW, file))).toEqual([join('shared', 'toolkit.ts')]);
});
