/** The browser of this machine that the tests of pages run in. */
import { existsSync } from 'node:fs';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a Chromium, or undefined where there is none. */
export function findChromium(): string | undefined {
  return CANDIDATES.find((path) => existsSync(path));
}

export const NO_CHROMIUM = `no browser for pages: none of ${CANDIDATES.join(', ')} is there`;
