/** The document of a page: loads one script and one style sheet of the extension, and nothing else. */
import { htmlText } from '../../server/protocol/escape';

export { htmlText as escapeHtml };

export interface PageDocument {
  readonly title: string;
  /** Addresses that the webview can load. */
  readonly script: string;
  readonly style: string;
  /** `webview.cspSource`. */
  readonly source: string;
  /** Random, new for each document. */
  readonly nonce: string;
}

/**
 * Nothing inline but what has the nonce: the one script, and style elements that the toolkit's library makes where the browser
 * has no constructed style sheets; it finds the nonce in the document. Styles that scripts set on elements need no leave.
 * `data:` images are what a picture is drawn from for its export as PNG.
 */
export function contentSecurityPolicy({ source, nonce }: Pick<PageDocument, 'source' | 'nonce'>): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    'img-src data:',
  ].join('; ');
}

export function pageHtml(page: PageDocument): string {
  const title = htmlText(page.title);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${htmlText(contentSecurityPolicy(page))}">
<meta property="csp-nonce" content="${htmlText(page.nonce)}">
<title>${title}</title>
<link rel="stylesheet" href="${htmlText(page.style)}">
</head>
<body>
<script nonce="${htmlText(page.nonce)}" src="${htmlText(page.script)}"></script>
</body>
</html>
`;
}
