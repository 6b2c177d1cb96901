/** Names by which the user knows files: a bundler names them without symbolic links. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/**
 * Gives files the names that go with the one by which `opened` was named: where its folder was reached by a symbolic link, so are
 * the files in what the link leads to; and where it is one itself, it has its name.
 */
export function opener(opened: string, realPath: (path: string) => string = realpathSync): (file: string) => string {
  const real = realPath(opened);
  let link = dirname(opened);
  let target = realPath(link);
  // The part that both paths end in is inside of what the link leads to.
  while (link !== target && basename(link) === basename(target) && dirname(dirname(link)) !== dirname(link)) {
    link = dirname(link);
    target = dirname(target);
  }
  const inside = target.endsWith(sep) ? target : target + sep;
  return (file) => {
    if (file === real) return opened;
    return link !== target && file.startsWith(inside) ? join(link, file.slice(inside.length)) : file;
  };
}
