/** `prunelens setup`: its subcommands and their options. What they need is loaded when they run. */
import type { Command } from 'commander';
import { MODEL_OPTIONS } from '../../protocol/catalogue/options';
import { addOptions } from '../options';
import type { TensorflowFlags } from './tensorflow';

export function addSetup(program: Command, signal: AbortSignal): void {
  const setup = program.command('setup').description('make what a backend needs, from what is installed');
  const command = setup
    .command('tensorflow')
    .description('build the binding to the TensorFlow of your Python, for the backend tensorflow')
    .option('--remove', 'remove the binding that was built');
  const python = {
    ...MODEL_OPTIONS.python,
    text: "your Python with TensorFlow: an interpreter, an environment's folder or a command",
  };
  addOptions(command, [python, MODEL_OPTIONS.json]).action(async (flags: TensorflowFlags) =>
    (await import('./tensorflow')).runSetupTensorflow(flags, signal),
  );
}
