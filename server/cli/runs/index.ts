/** `prunelens runs`: its options. What it needs is loaded when it runs. */
import { type Command, Option } from 'commander';
import { MODEL_OPTIONS, RUNS_OPTIONS } from '../../protocol/catalogue/options';
import { RUN_COLUMNS, USUAL_COLUMNS } from '../../protocol/runTable/columns';
import { addOptions } from '../options';
import { choicesOf } from '../optionValues';
import type { ExportFlags, RunsFlags } from './command';

const FOLDERS =
  'runs folders, or folders of single runs; .prunelens/runs where none is given, and those that prunelens.json names';

export function addRuns(program: Command): void {
  const command = program
    .command('runs')
    .description('list training runs with what they were asked for and how good they are')
    .argument('[folders...]', FOLDERS)
    .option(
      '--columns <keys>',
      `with commas between; ${USUAL_COLUMNS.join(',')} where absent`,
      choicesOf(RUN_COLUMNS.map(({ key }) => key)),
    )
    .option('--archived', 'archived runs too');
  addOptions(command, [RUNS_OPTIONS.runs, MODEL_OPTIONS.json]).action(async (folders: string[], flags: RunsFlags) =>
    (await import('./command')).runRuns(folders, flags),
  );
  const formats = ['csv', 'jsonl', 'tensorboard'];
  const format = (name: string, flags: string, text: string) =>
    new Option(flags, text).conflicts(formats.filter((other) => other !== name));
  command
    .command('export')
    .description('write runs for other programs')
    .argument('[folders...]', FOLDERS)
    .addOption(format('csv', '--csv', 'a table, all values as they are, to standard output'))
    .addOption(format('jsonl', '--jsonl', 'a line of JSON a run, to standard output'))
    .addOption(format('tensorboard', '--tensorboard <folder>', 'curves as event files, a folder a run'))
    // Options that the command above has too are that one's, wherever they are given.
    .action(async (folders: string[], _flags: object, inner: Command) =>
      (await import('./command')).runExport(folders, inner.optsWithGlobals<ExportFlags>()),
    );
}
