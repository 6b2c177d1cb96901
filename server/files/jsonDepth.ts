/** How deep JSON is nested: parsers call themselves for each level, and end with their stack. */

/** No file that somebody or a framework writes is nested deeper. */
export const DEEPEST_JSON = 500;

/** Whether a text has more open brackets at one place than `limit`, those in strings apart. It need not be JSON. */
export function isNestedDeeper(text: string, limit: number = DEEPEST_JSON): boolean {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i++;
      else if (character === '"' || character === '\n') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '[' || character === '{') {
      if (++depth > limit) return true;
    } else if (character === ']' || character === '}') depth--;
  }
  return false;
}
