import { expect, it } from 'vitest';
import { opener } from '../../../../server/frontends/keras/loader/symbolicLinks';

it('names files below a linked folder by the link, and others as they are', () => {
  const real = (path: string) => path.replace(/^\/home\/me\/link/, '/data/real');
  const open = opener('/home/me/link/models/net.ts', real);
  expect(open('/data/real/models/net.ts')).toBe('/home/me/link/models/net.ts');
  expect(open('/data/real/parts.ts')).toBe('/home/me/link/parts.ts');
  expect(open('/data/realistic/parts.ts')).toBe('/data/realistic/parts.ts');
  expect(open('/data/parts.ts')).toBe('/data/parts.ts');
});

it('leaves files without links alone', () => {
  expect(opener('/a/b/net.ts', (path) => path)('/a/parts.ts')).toBe('/a/parts.ts');
});
