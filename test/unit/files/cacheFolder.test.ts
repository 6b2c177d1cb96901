import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../server/files/cacheFolder';

describe.skipIf(process.platform === 'win32')('the cache folder of the user', () => {
  it.each([
    ['linux', { HOME: '/home/me' }, '/home/me/.cache/prunelens'],
    ['linux', { HOME: '/home/me', XDG_CACHE_HOME: '/fast' }, '/fast/prunelens'],
    ['linux', { HOME: '/home/me', XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/prunelens'],
    ['darwin', { HOME: '/Users/me', XDG_CACHE_HOME: '/fast' }, '/Users/me/Library/Caches/prunelens'],
    ['win32', { LOCALAPPDATA: '/c/local' }, join('/c/local', 'prunelens')],
  ] as const)('on %s with %j', (platform, environment, expected) => {
    expect(cacheFolder(environment, platform)).toBe(expected);
  });
});
