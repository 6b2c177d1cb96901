/** What the check has found so far, as Markdown and as JSON. Both are written anew after each finding. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './types';

export interface PartReport {
  readonly name: string;
  readonly title: string;
  state: 'running' | 'passed' | 'failed' | 'left out';
  /** Why it was left out, or what ended it. */
  reason?: string;
  seconds?: number;
  readonly findings: Finding[];
}

export interface Report {
  readonly started: string;
  readonly device: string;
  readonly versions: { readonly [name: string]: string };
  readonly parts: PartReport[];
}

const MARKS = { running: '…', passed: 'passed', failed: '**failed**', 'left out': 'left out' } as const;

function verdictOf({ passed }: Finding): string {
  if (passed === undefined) return 'measured';
  return passed ? 'right' : '**wrong**';
}

/** A text as a cell of a table. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function partLines({ title, state, seconds, reason, findings }: PartReport): readonly string[] {
  const time = seconds === undefined ? '' : ` (${seconds.toFixed(1)} s)`;
  return [
    `## ${title}: ${MARKS[state]}${time}`,
    '',
    ...(reason === undefined ? [] : [reason, '']),
    ...(findings.length === 0 ? [] : ['| what | result | |', '| --- | --- | --- |']),
    ...findings.map((finding) => `| ${cell(finding.what)} | ${cell(finding.value)} | ${verdictOf(finding)} |`),
    ...(findings.length === 0 ? [] : ['']),
  ];
}

export function markdownOf({ started, device, versions, parts }: Report): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    '# The backend torch on a device',
    '',
    `${device}; ${named.join(', ')}. Begun ${started}.`,
    '',
    ...parts.flatMap(partLines),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Writes `gpu-check.md` and `gpu-check.json` into a folder. */
export function writeReport(folder: string, report: Report): void {
  const files = { 'gpu-check.md': markdownOf(report), 'gpu-check.json': `${JSON.stringify(report, null, 2)}\n` };
  for (const [name, text] of Object.entries(files)) {
    const temporary = join(folder, `.${name}.${process.pid}`);
    writeFileSync(temporary, text);
    renameSync(temporary, join(folder, name));
  }
}
