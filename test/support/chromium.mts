/** The browser of this machine that tests draw in. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of a Chromium: that in PRUNELENS_CHROMIUM, or the first on the path; undefined where there is none. */
export function findChromium(): string | undefined {
  if (process.env.PRUNELENS_CHROMIUM) return process.env.PRUNELENS_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

export const NO_CHROMIUM = 'no Chromium found (install it, or name it in PRUNELENS_CHROMIUM)';
