/** Every file of tests runs once: with the project of its folder. */
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scripts } from '../../../package.json';
import { PROJECTS, projectsOf } from '../../support/projects.mjs';

const TESTS = join(import.meta.dirname, '../..');

describe('the projects of the tests', () => {
  it('share out all files', () => {
    const names = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).map((name) => name.split(sep).join('/'));
    const files = names.filter((name) => name.endsWith('.test.ts') && !name.startsWith('editor/'));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => projectsOf(file).length !== 1)).toEqual([]);
  });

  it.each(Object.keys(PROJECTS))('npm run test:%s runs one', (name) => {
    expect(scripts).toHaveProperty([`test:${name}`], `vitest run --project ${name}`);
  });
});
