/** Results as CSV without what differs from machine to machine. */
import { readFileSync } from 'node:fs';

const DIFFERING = /(seconds|host|date|commit)$/;

/** The rows as records, without the columns whose values are those of a machine or a moment. */
export function csvOf(path: string): readonly { readonly [column: string]: string }[] {
  const [head, ...rows] = readFileSync(path, 'utf8').trim().split('\n');
  const titles = head.split(',');
  return rows.map((row) =>
    Object.fromEntries(
      row.split(',').flatMap((value, i) => (DIFFERING.test(titles[i]) ? [] : [[titles[i], value] as const])),
    ),
  );
}
