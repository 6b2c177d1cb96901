/** The batch script of a sweep: made to be read, and changed, by people. */
import { join, sep } from 'node:path';
import { VARIABLES } from '../../protocol/catalogue/environment';
import { usageError } from '../../protocol/errors';
import { slurmFiles } from './files';
import { arraysOf, formatIndices, runsOfProcess } from './pack';
import type { Manifest } from './types';

/** Exit codes of a command that was interrupted, as shells have them: by itself, and before it could listen for signals. */
const INTERRUPTED = 130;
const TERMINATED = 143;

/** Seconds before its time limit that a task hears of it. */
const NOTICE = 60;

/** So many times a controller that does not answer is asked, and seconds between them: within the notice. */
const ASKED = 10;
const PAUSE = 5;

/** A word of the shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A word of a line that begins with `#SBATCH`, which sbatch reads by rules of its own. */
function directiveWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A path in which sbatch replaces nothing: `%j` would be the number of the job. */
const withoutSymbols = (path: string) => path.replaceAll('%', '%%');

/** Whether a text has characters that end a line, or that a terminal takes for commands. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const hasControlCharacters = (text: string) => /[\x00-\x1f\x7f]/.test(text);

/** @throws a usage error where a path cannot stand in a batch script. */
export function checkPaths(paths: readonly string[], out: string): void {
  const broken = paths.find(hasControlCharacters);
  if (broken !== undefined) {
    throw usageError(
      `No batch script can name ${JSON.stringify(broken)}, which has a line break or another control character.`,
    );
  }
  // On Windows it parts folders; no Slurm is there.
  if (sep === '\\' || !out.includes('\\')) return;
  throw usageError(
    `Slurm writes no log into ${out}: it takes a backslash for a symbol of its own.`,
    'Choose another --out.',
  );
}

/** How many processors a task has, as options of sbatch say; one by default. */
export function processorsOf(sbatch: readonly string[]): number {
  const found = sbatch.map((option) => /^(?:--cpus-per-task[= ]|-c\s*)(\d+)$/.exec(option.trim())?.[1]);
  const count = found.filter((one) => one !== undefined).at(-1);
  return count === undefined ? 1 : Number(count);
}

/** Options of sbatch, one a line. */
function directives({ name, out, folder, options, threads }: Manifest): string[] {
  const { partition, gres, time, sbatch, sideBySide } = options;
  const hasProcessors = sbatch.some((option) => /^(--cpus-per-task|-c)\b/.test(option.trim()));
  return [
    `--job-name=${name}`,
    `--chdir=${directiveWord(folder)}`,
    `--output=${directiveWord(join(withoutSymbols(slurmFiles(out).logs), '%A_%a.log'))}`,
    '--open-mode=append',
    '--requeue',
    `--signal=B:USR1@${NOTICE}`,
    ...(hasProcessors ? [] : [`--cpus-per-task=${threads * sideBySide}`]),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(gres === undefined ? [] : [`--gres=${gres}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...sbatch,
  ];
}

/** How to submit it by hand, as lines of a comment. */
function byHand({ out, stages, options }: Manifest, longest: number): string[] {
  const limit = options.arrayLimit === undefined ? '' : `%${options.arrayLimit}`;
  const { script } = slurmFiles(out);
  const arrays = stages.flatMap((stage, index) => arraysOf(stage, longest).map((array) => ({ ...array, index })));
  return arrays.map(({ first, count, index }) => {
    const after = index === 0 ? '' : ' --dependency=afterany:JOBS_OF_THE_FIRST';
    const indices = formatIndices(Array.from({ length: count }, (_, i) => i));
    return `#   sbatch --array=${indices}${limit}${after} ${quoted(script)} ${first}`;
  });
}

/** The script as text. @param longest Tasks that an array can have. */
export function batchScript(manifest: Manifest, longest: number): string {
  const { node, command, out, options, threads, stages } = manifest;
  const { manifest: path, interrupted } = slurmFiles(out);
  const checks = [
    [node, 'Node'],
    [command, 'the command prunelens'],
    [path, 'the manifest'],
  ];
  return `#!/bin/bash
${directives(manifest)
  .map((option) => `#SBATCH ${option}`)
  .join('\n')}

# Runs of a PruneLens sweep. Task N does the runs that manifest.json lists as its tasks[N]; N is the index in the array, and the number
# after the script's name added to it. To submit it by hand:
#
${byHand(manifest, longest).join('\n')}
${stages.length > 1 ? '#\n# What depends on others begins with their results.\n' : ''}
task=$(( \${1:-0} + \${SLURM_ARRAY_TASK_ID:-0} ))

# A signal ahead of the time limit, or of a preemption: the task ends at its last finished epoch. It may come before there is one.
child= signals=0
trap 'signals=$((signals + 1)); [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' USR1 TERM

export ${VARIABLES.threads.name}=${threads * runsOfProcess(manifest)}
${options.setup === undefined ? '' : `\n# From --setup.\n${options.setup}\n`}
${checks.map(([file, what]) => `[ -e ${quoted(file)} ] || { echo "$(hostname) does not see ${what}:" ${quoted(file)} >&2; exit 1; }`).join('\n')}

\${PRUNELENS_LAUNCH:-} ${quoted(node)} ${quoted(command)} sweep task ${quoted(path)} "$task" &
child=$!
[ "$signals" -eq 0 ] || kill -TERM "$child"
# A signal ends a wait early. Where none came meanwhile, the program has ended, and the code is its own.
heard=
until [ "$heard" = "$signals" ]; do heard=$signals; wait "$child"; code=$?; done
# Its number may soon be that of another process.
child=

# It goes on later, unless the job was cancelled. A controller that is being restarted does not answer for a while.
if [ "$code" -eq ${INTERRUPTED} ] || [ "$code" -eq ${TERMINATED} ]; then
  touch ${quoted(interrupted)}/"$task"
  for _ in {1..${ASKED}}; do
    state=$(squeue --noheader --job "$SLURM_JOB_ID" --format %T) || { sleep ${PAUSE}; continue; }
    [ "$state" = RUNNING ] && scontrol requeue "$SLURM_JOB_ID" && sleep 60
    break
  done
fi
exit "$code"
`;
}
