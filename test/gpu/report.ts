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
  /** Whether all networks are small. */
  readonly isSmall: boolean;
  readonly versions: { readonly [name: string]: string };
  readonly parts: PartReport[];
}

const MARKS = { running: 'is running', passed: 'passed', failed: '**failed**', 'left out': 'left out' } as const;

const RATIOS = 'Ratios are times of PruneLens to those beside them: below 1 PruneLens is faster.';
const SMALL =
  'All networks are small (`--small`): that tells whether everything works, and nothing of the speed of the device.';

function verdictOf({ passed }: Finding): string {
  if (passed === undefined) return 'measured';
  return passed ? 'right' : '**wrong**';
}

/** A text as a cell of a table. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const timeOf = ({ seconds }: PartReport) => (seconds === undefined ? '' : `${seconds.toFixed(1)} s`);

/** How many parts are in which state. */
function countLine(parts: readonly PartReport[]): string {
  const counts = (Object.keys(MARKS) as PartReport['state'][]).map(
    (state) => [state, parts.filter((part) => part.state === state).length] as const,
  );
  const told = counts.filter(([state, count]) => count > 0 || state === 'failed');
  return `${parts.length} parts: ${told.map(([state, count]) => `${count} ${state}`).join(', ')}.`;
}

/** What a part found, or what ended it; nothing of one that was left out, of which the overview tells why. */
function partLines(part: PartReport): readonly string[] {
  const { title, state, reason, findings } = part;
  if (state === 'left out') return [];
  const time = timeOf(part);
  return [
    `## ${title}: ${MARKS[state]}${time && ` (${time})`}`,
    '',
    ...(reason === undefined ? [] : [reason, '']),
    ...(findings.length === 0 ? [] : ['| what | found | verdict |', '| --- | --- | --- |']),
    ...findings.map((finding) => `| ${cell(finding.what)} | ${cell(finding.value)} | ${verdictOf(finding)} |`),
    ...(findings.length === 0 ? [] : ['']),
  ];
}

function overviewLine(part: PartReport): string {
  const why = part.state === 'left out' ? cell(part.reason ?? '') : '';
  return `| ${cell(part.title)} | ${MARKS[part.state]} | ${timeOf(part)} | ${why} |`;
}

export function markdownOf({ started, device, isSmall, versions, parts }: Report): string {
  // The device's description has that of PyTorch.
  const named = Object.entries(versions).filter(([name]) => name !== 'torch');
  const lines = [
    '# The backend torch on a device',
    '',
    `${device}; ${named.map(([name, version]) => `${name} ${version}`).join(', ')}. Begun ${started}.`,
    '',
    `${countLine(parts)} ${isSmall ? SMALL : RATIOS}`,
    '',
    ...['| part | state | took | why not |', '| --- | --- | --: | --- |'],
    ...parts.map(overviewLine),
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
