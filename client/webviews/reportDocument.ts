/** The document of a report's panel. */
import { contentSecurityPolicy, escapeHtml, type PageDocument } from './html';

const RESULTS = /<script type="application\/json" id="comparison">([\s\S]*?)<\/script>/;

/** The results in the text of a report, as JSON that can stand in a page; undefined where it has none. */
export function resultsIn(text: string): string | undefined {
  const found = RESULTS.exec(text)?.[1];
  if (found === undefined) return undefined;
  try {
    return JSON.stringify(JSON.parse(found)).replaceAll('<', '\\u003c');
  } catch {
    return undefined;
  }
}

/** A page of the extension's own script and style sheet with the results in it. */
export function reportHtml(page: PageDocument & { readonly results: string }): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(contentSecurityPolicy(page))}">
<title>${escapeHtml(page.title)}</title>
<link rel="stylesheet" href="${escapeHtml(page.style)}">
</head>
<body>
<main id="report"></main>
<script type="application/json" id="comparison">${page.results}</script>
<script nonce="${escapeHtml(page.nonce)}" src="${escapeHtml(page.script)}"></script>
</body>
</html>
`;
}
