/**
 * Names of layers, runs, files, methods and classes are data of whoever wrote the model: in each medium they are shown as they are,
 * and mean nothing there. One function a medium.
 */

/** Characters that move the cursor, change colours, end lines or turn the direction of text; tab and newline are two of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: They are what is looked for.
const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** A name in one line of plain text: a terminal, a log, a hint. Control characters are replaced. */
export function plainText(name: string): string {
  return name.replace(CONTROLS, '\uFFFD');
}

/** Text of several lines for a terminal: newlines and tabs stay, nothing else that controls one. */
export function terminalText(text: string): string {
  return text.replace(CONTROLS, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'));
}

/**
 * A name within a line of Markdown: no emphasis, link, image, code, cell or HTML comes of it, and no address becomes a link. Underscores
 * within words are themselves anyway.
 */
export function markdownText(name: string): string {
  return plainText(name)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*[\]|~@]|:(?=\/\/)|(?<=\bwww)\.|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/giu, '\\$&');
}

/** A name as code within Markdown; one that could be anything else than a name is not put there but escaped. */
export function markdownCode(name: string): string {
  return /^[\p{L}\p{N}_/.: -]+$/u.test(name) && !name.includes('://') ? `\`${name}\`` : markdownText(name);
}

/** A name within HTML, in text and in attributes. */
export function htmlText(name: string): string {
  const entities: { readonly [character: string]: string } = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return name.replace(/[&<>"']/g, (character) => entities[character]);
}

/** A cell of a CSV file. What a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  const text = !isNumber && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
