/** What the code of models prints on the way. */
import { plainText } from '../protocol/escape';

/** Characters of one model that are passed on. */
const MOST_OUTPUT = 2 ** 18;
/** Of the line with which it becomes too much, so many are. */
const MOST_OF_LAST = 200;

/** Where it goes by default. */
export function printToStandardError(line: string): void {
  process.stderr.write(`${plainText(line)}\n`);
}

/** Takes the lines of one model, and passes them on to `onLine` until it is too much for a log, which is said. */
export function limitOutput(onLine: (line: string) => void): (line: string) => void {
  let left = MOST_OUTPUT;
  return (line) => {
    if (left <= 0) return;
    left -= line.length + 1;
    if (left > 0) return onLine(line);
    onLine(line.slice(0, MOST_OF_LAST));
    onLine('(The model code prints more; the rest is left out.)');
  };
}
