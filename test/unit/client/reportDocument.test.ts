/** A report in a panel: the file's results on the extension's own page. */
import { expect, it } from 'vitest';
import { reportHtml, resultsIn } from '../../../client/webviews/reportDocument';

const report = (results: string) =>
  `<html><script>alert(1)</script><script type="application/json" id="comparison">${results}</script></html>`;

it('takes the results of a report, and nothing else of it', () => {
  const results = resultsIn(report('{"methods":[{"title":"\\u003c/script>\\u003cimg src=x>"}]}'))!;
  expect(JSON.parse(results)).toEqual({ methods: [{ title: '</script><img src=x>' }] });
  const page = {
    title: 'A & B',
    script: 's.js',
    style: 's.css',
    source: 'https://host',
    nonce: 'n',
  } as const;
  const html = reportHtml({ ...page, results });
  expect(html).not.toContain('alert');
  expect(html).not.toContain('<img');
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).toContain('<title>A &amp; B</title>');
  expect(html).toContain('default-src &#39;none&#39;; script-src &#39;nonce-n&#39;');
});

it('says of other files that they are none', () => {
  expect(resultsIn('<html></html>')).toBeUndefined();
  expect(resultsIn(report('{"half":'))).toBeUndefined();
});
