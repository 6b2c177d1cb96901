/** The commands and their options. What a command needs is loaded when it runs, so that the others start fast. */
import { Command, Option } from 'commander';
import packageJson from '../../package.json';
import type { CompareFlags } from '../comparison/flags';
import { comparedMethods } from '../protocol/catalogue/derive';
import { checkEnvironment } from '../protocol/catalogue/environment';
import { COMPARISON_OPTIONS, MODEL_OPTIONS } from '../protocol/catalogue/options';
import type { Catalogue } from '../protocol/catalogue/types';
import { usageError } from '../protocol/errors';
import { CATALOGUE } from '../request/catalogue';
import { addAutos } from './autos';
import type { BackendsFlags } from './backends/command';
import { addForce } from './force';
import type { ModelsFlags } from './models/command';
import { addCommandOptions, addOptions, addOwnOptions } from './options';
import { collect, countOf, nameList, numberIn, sparsity, sparsityList } from './optionValues';
import { addRuns } from './runs';
import type { PruneFlags, ScoreFlags } from './score/command';
import { addSearch } from './search';
import { addSetup } from './setup';
import { addShrink } from './structured';
import type { ChannelFlags } from './structured/flags';
import type { SweepFlags } from './sweep/command';
import type { TrainFlags } from './train/command';

const MODEL =
  'net.py#EXPRESSION (PyTorch, Keras), file.ts, file.ts#exportName, or a Keras or tfjs model .json, .keras, .h5';

const namesOf = (named: readonly { readonly name: string }[]) => named.map(({ name }) => name).join(', ');

/** Exit code of wrong use. */
export const WRONG_USE = 2;

function addModels(program: Command, signal: AbortSignal): void {
  const command = program
    .command('models')
    .description('list the model definitions in a file or folder, with their layers and source lines')
    .argument('[path]', 'file or folder', '.');
  const { python, input, output, json } = MODEL_OPTIONS;
  addOptions(command, [python, input, output, json]).action(async (path: string, flags: ModelsFlags) =>
    (await import('./models/command')).runModels(path, flags, signal),
  );
}

function addScore(program: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = program
    .command('score')
    .description('score every weight at initialization')
    .argument('<model>', MODEL)
    .requiredOption('--method <name>', `criterion: ${namesOf(catalogue.methods)}`)
    .option('--sparsity <s>', 'fraction of the weights to be removed', sparsity)
    .option('--out <file>', "write the scores to a safetensors file, under the weights' names");
  addCommandOptions(command, 'score', catalogue).action(async (model: string, flags: ScoreFlags & ChannelFlags) =>
    flags.structured
      ? (await import('./structured/score')).runStructuredScore(model, flags, signal)
      : (await import('./score/command')).runScore(model, flags, signal),
  );
}

function addPrune(program: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = program
    .command('prune')
    .description('score every weight and write masks that keep the best')
    .argument('<model>', MODEL)
    .requiredOption('--method <name>', `criterion: ${namesOf(catalogue.methods)}`)
    .option('--sparsity <s>', 'fraction of the weights to be removed; needed without --pattern', sparsity)
    .requiredOption('--out <file>', "safetensors file for the masks, under the weights' names");
  addCommandOptions(command, 'prune', catalogue).action(async (model: string, flags: PruneFlags & ChannelFlags) => {
    if (flags.sparsity === undefined && (flags.structured || flags.pattern === undefined)) {
      throw usageError("required option '--sparsity <s>' not specified");
    }
    return flags.structured
      ? (await import('./structured/score')).runStructuredPrune(model, flags, signal)
      : (await import('./score/command')).runPrune(model, flags, signal);
  });
}

function addTrain(program: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = program
    .command('train')
    .description('train a model, under masks where they are given')
    .argument('<model>', MODEL)
    .option('--masks <file>', 'masks that `prunelens prune` has written')
    .option('--method <name>', `changes the masks while it trains: ${namesOf(catalogue.dynamicMethods)}`)
    .option('--sparsity <s>', 'with a method: fraction of the weights that is gone in the end', sparsity)
    .option('--no-compact', 'with masks: compute channels too that nothing reads')
    .requiredOption('--out <folder>', 'folder that keeps the run')
    .option('--save-weights <file>', "write the trained weights to a safetensors file, under the framework's names")
    .option('--resume', 'continue the run in that folder');
  addCommandOptions(addForce(command), 'train', catalogue).action(async (model: string, flags: TrainFlags) =>
    (await import('./train/command')).runTrain(model, flags, signal),
  );
}

function addCompare(program: Command, catalogue: Catalogue, signal: AbortSignal): void {
  const command = program
    .command('compare')
    .description('prune with several methods, train what is left, and report the accuracies')
    .argument('<models...>', MODEL)
    .requiredOption('--methods <names>', `with commas between: ${namesOf(comparedMethods(catalogue))}`, nameList)
    .requiredOption('--sparsities <list>', 'fractions of the weights to be removed, e.g. 0.9,0.98', sparsityList)
    .option('--no-dense', 'leave out the dense network')
    .option(
      '--side-by-side <n>',
      'backend torch: train so many masked networks in one program, instead of as many as are measured to be the fastest',
      countOf('processes'),
    )
    .requiredOption('--out <folder>', 'folder for the runs and the report')
    .option('--resume', 'skip the finished runs in that folder and continue the interrupted one');
  addOwnOptions(command, COMPARISON_OPTIONS);
  addCommandOptions(addForce(command), 'compare', catalogue).action(async (models: string[], flags: CompareFlags) =>
    (await import('./compare/command')).runCompare(models, flags, signal),
  );
}

function addSweep(program: Command, signal: AbortSignal): void {
  const command = program
    .command('sweep')
    .description('compare models, data, methods, sparsities, seeds and settings, as a file says')
    .argument('<file>', 'YAML file (docs/sweeps.md)')
    .option('--out <folder>', 'folder for the runs, the tables and the report')
    .option('--runs <folder>', 'folder for the runs alone, which other sweeps can share: no run is done twice')
    .option('--resume', 'skip the finished runs in that folder and continue the interrupted one')
    .option('--dry-run', 'show what would be run')
    .option('--jobs <n>', 'so many runs at a time, instead of one for each device', countOf('processes'))
    .option(
      '--side-by-side <n>',
      'backend torch: train so many masked networks in one program, instead of as many as are measured to be the fastest; Slurm: so many runs of a task at a time',
      countOf('processes'),
    )
    .addOption(
      new Option('--on <scheduler>', 'do the runs as job arrays of Slurm (docs/clusters.md)').choices([
        'slurm',
        'local',
      ]),
    )
    .option('--partition <name>', 'Slurm: partition of the tasks')
    .option('--gres <list>', 'Slurm: devices of a task, e.g. gpu:1')
    .option('--time <limit>', 'Slurm: time limit of a task, e.g. 02:00:00')
    .option('--array-limit <n>', 'Slurm: so many tasks at a time', countOf('tasks'))
    .option('--pack <k>', 'Slurm: so many runs in a task', countOf('tasks'))
    .option('--setup <lines>', "Slurm: lines of the shell before the program, e.g. 'module load cuda'")
    .option('--sbatch <option>', "Slurm: an option of sbatch, e.g. '--account=lab' (repeatable)", collect)
    .option('--write-only', 'Slurm: write the batch script and do not submit it')
    .option('--retry', 'Slurm: submit tasks again whose runs have failed');
  addOptions(addForce(command), [MODEL_OPTIONS.output, MODEL_OPTIONS.python, MODEL_OPTIONS.json]).action(
    async (file: string, flags: SweepFlags) => (await import('./sweep/command')).runSweep(file, flags, signal),
  );
  addSweepOnSlurm(command, signal);
}

function addSweepOnSlurm(sweep: Command, signal: AbortSignal): void {
  const status = sweep
    .command('status')
    .description('follow a sweep on Slurm to its end, and write its results')
    .argument('<folder>', 'folder that --out has named');
  // An option that the command above has too is that one's, wherever it is given.
  addOptions(status, [MODEL_OPTIONS.json]).action(async (folder: string, _flags: object, command: Command) =>
    (await import('./sweep/cluster')).runStatus(folder, command.optsWithGlobals<SweepFlags>(), signal),
  );
  sweep
    .command('task', { hidden: true })
    .description('do one task of a job array')
    .argument('<manifest>', 'manifest.json of the sweep')
    .argument('<task>', 'which one, from 0', numberIn({ type: 'integer', minimum: 0, counts: 'tasks' }))
    .action(async (manifest: string, task: number) =>
      (await import('./sweep/cluster')).runArrayTask(manifest, task, signal),
    );
}

function addBackends(program: Command, signal: AbortSignal): void {
  const command = program
    .command('backends')
    .description('list what can compute here and how fast, or why it cannot and how to get it')
    .option('--measure', 'measure all again, instead of what is remembered');
  addOptions(command, [MODEL_OPTIONS.python, MODEL_OPTIONS.json]).action(async (flags: BackendsFlags) =>
    (await import('./backends/command')).runBackends(flags, signal),
  );
}

/** The whole command line over a catalogue. Errors in its use are thrown as CommanderErrors after they have been written. */
export function createProgram(signal: AbortSignal, catalogue: Catalogue = CATALOGUE): Command {
  const program = new Command('prunelens');
  program
    .description('Prune neural networks at initialization.')
    .version(packageJson.version)
    .showHelpAfterError('(prunelens COMMAND --help lists the options)')
    .exitOverride()
    .hook('preAction', () => checkEnvironment());
  addModels(program, signal);
  addScore(program, catalogue, signal);
  addPrune(program, catalogue, signal);
  addTrain(program, catalogue, signal);
  addShrink(program, MODEL, catalogue, signal);
  addCompare(program, catalogue, signal);
  addSweep(program, signal);
  addSearch(program, catalogue, signal);
  addRuns(program);
  addAutos(program, catalogue, signal);
  addBackends(program, signal);
  addSetup(program, signal);
  for (const command of program.commands) {
    command.exitOverride().copyInheritedSettings(program);
    for (const inner of command.commands) inner.exitOverride().copyInheritedSettings(program);
  }
  return program;
}
