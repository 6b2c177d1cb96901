/** Lines of a stream of bytes. */
import { StringDecoder } from 'node:string_decoder';

/** Characters after which a line is cut: a process that prints without line breaks must not fill the memory of its parent. */
const LONGEST_LINE = 65_536;

export interface LineSplitter {
  push(bytes: Buffer): void;
  /** The stream has ended: what is left is a line. */
  end(): void;
}

/** Calls `onLine` with each line (UTF-8), ended by `\n`, `\r\n` or `\r`; one longer than `longest` characters comes in pieces. */
export function createLineSplitter(onLine: (line: string) => void, longest = LONGEST_LINE): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    // A \r at the end may be half of a \r\n.
    const lines = `${rest}${text}`.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
    while (rest.length > longest) {
      onLine(rest.slice(0, longest));
      rest = rest.slice(longest);
    }
  };
  return {
    push: (bytes) => take(decoder.write(bytes)),
    end() {
      take(decoder.end());
      if (rest !== '') onLine(rest.replace(/\r$/, ''));
      rest = '';
    },
  };
}
