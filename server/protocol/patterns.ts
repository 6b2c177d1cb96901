/** Name patterns: `*` stands for any characters, `?` for one; the rest is literal. */

function toRegularExpression(pattern: string, anything: string, one: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*+|\?|[\\^$+.()|[\]{}]/g, (token) => {
    if (token === '**/') return anything === '.*' ? '.*/' : '(?:.*/)?';
    if (token === '**') return '.*';
    if (token.startsWith('*')) return anything;
    return token === '?' ? one : `\\${token}`;
  });
  return new RegExp(`^${source}$`, 's');
}

/** Whether a layer's name matches `pattern`; `*` also goes over the `/` of layers in nested models. */
export function matchesName(pattern: string, name: string): boolean {
  return toRegularExpression(pattern, '.*', '.').test(name);
}

/**
 * Whether a file matches `pattern`, which is taken from a folder: `path` is relative to it, with `/` between its parts.
 * A pattern without `/` is about the file's name alone, in whatever folder; `*` stays within one folder, `**` does not.
 */
export function matchesFile(pattern: string, path: string): boolean {
  const subject = pattern.includes('/') ? path : path.slice(path.lastIndexOf('/') + 1);
  return toRegularExpression(pattern.replace(/^\.\//, ''), '[^/]*', '[^/]').test(subject);
}
