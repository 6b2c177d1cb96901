/** Reports: one HTML file with everything it needs inside. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PageContents {
  readonly title: string;
  /** Base name of the script and the style sheet, bundles beside this one. */
  readonly bundle: string;
  /** Id of the JSON in the page. */
  readonly id: string;
  readonly value: unknown;
  /** For browsers without JavaScript. */
  readonly withoutScript: string;
  /** Seconds after which an open page is read again. */
  readonly refresh?: number;
}

/** Bundles beside this one. */
function asset(name: string): string {
  return readFileSync(join(__dirname, name), 'utf8');
}

/** JSON that can stand inside a script element. */
function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** A page that shows `value`, which its script reads from the page. */
export function createPage({ title, bundle, id, value, withoutScript, refresh }: PageContents): string {
  const script = asset(`${bundle}.js`).replaceAll('</script', '<\\/script');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
${refresh === undefined ? '' : `<meta http-equiv="refresh" content="${refresh}">\n`}<title>${title}</title>
<style>${asset(`${bundle}.css`)}</style>
</head>
<body>
<main id="report"><noscript>${withoutScript}</noscript></main>
<script type="application/json" id="${id}">${inlineJson(value)}</script>
<script>${script}</script>
</body>
</html>
`;
}
