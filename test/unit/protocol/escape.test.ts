import { describe, expect, it } from 'vitest';
import {
  csvCell,
  htmlText,
  markdownCode,
  markdownText,
  plainText,
  terminalText,
} from '../../../server/protocol/escape';

describe('names are data', () => {
  it.each([
    ['![t](https://evil.example/p.png)', '!\\[t\\](https\\://evil.example/p.png)'],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['a`b**c\n\n# big', 'a\\`b\\*\\*c\uFFFD\uFFFD# big'],
    ['block/conv_1', 'block/conv_1'],
    ['_emphasis_', '\\_emphasis\\_'],
    ['www.evil.example me@evil.example', 'www\\.evil.example me\\@evil.example'],
    ['a|b', 'a\\|b'],
  ])('%j in Markdown', (name, expected) => {
    expect(markdownText(name)).toBe(expected);
  });

  it('as code of Markdown where they are plain', () => {
    expect(markdownCode('conv1')).toBe('`conv1`');
    expect(markdownCode('a``b`')).toBe('a\\`\\`b\\`');
  });

  it('in HTML', () => {
    expect(htmlText('</script>"\'&')).toBe('&lt;/script&gt;&quot;&#39;&amp;');
  });

  it('in CSV, formulas among them', () => {
    expect(['=HYPERLINK("http://evil","x")', '+1+1', '-1.5', '@x', 'a,b', 'plain', 2].map(csvCell)).toEqual([
      '"\'=HYPERLINK(""http://evil"",""x"")"',
      "'+1+1",
      '-1.5',
      "'@x",
      '"a,b"',
      'plain',
      '2',
    ]);
  });

  it('in a terminal', () => {
    expect(plainText('a\u001b]0;title\u0007\nb\u202e')).toBe('a\uFFFD]0;title\uFFFD\uFFFDb\uFFFD');
    expect(terminalText('a\tb\nc\u001b[2J')).toBe('a\tb\nc\uFFFD[2J');
  });
});
