/** The report: one HTML file with everything it needs inside. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison } from '../protocol/comparison';

/** Bundles beside this one. */
function asset(name: string): string {
  return readFileSync(join(__dirname, name), 'utf8');
}

/** JSON that can stand inside a script element. */
function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

export function createReport(comparison: Comparison): string {
  const script = asset('report.js').replaceAll('</script', '<\\/script');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>PruneLens: comparison</title>
<style>${asset('report.css')}</style>
</head>
<body>
<main id="report"><noscript>This page draws its charts with JavaScript; results.csv has the numbers.</noscript></main>
<script type="application/json" id="comparison">${inlineJson(comparison)}</script>
<script>${script}</script>
</body>
</html>
`;
}
