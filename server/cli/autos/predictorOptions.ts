/** Options of the commands that train a predictor. */
import { type Command, Option } from 'commander';
import { ARCHITECTURES } from '../../autos/predictor/architecture';
import { FEATURE_INPUTS, NORMALIZATIONS } from '../../autos/predictor/features';
import { PREDICTOR_OBJECTIVES } from '../../autos/predictor/objectives';
import { PREDICTOR_HEADS } from '../../autos/predictor/types';
import { countOf, numberFromZero, positiveNumber } from '../optionValues';

/** @param prefix stands before the names of options that a command has for something else too. */
export function addPredictorOptions(command: Command, prefix: '' | 'predictor-' = ''): Command {
  return command
    .addOption(
      new Option('--features <which>', 'what the predictor sees of a weight: its value, its gradient, or both')
        .choices(FEATURE_INPUTS)
        .default('both'),
    )
    .addOption(
      new Option('--normalize <by>', 'divide gradients by their root mean square in the layer or in the model')
        .choices(NORMALIZATIONS)
        .default('model'),
    )
    .addOption(
      new Option('--normalize-weights <by>', 'the same for the initial values')
        .choices(NORMALIZATIONS)
        .default('model'),
    )
    .option('--layer-statistics', 'let the predictor see fans, size, position and scales of the layer too')
    .option('--no-symmetric', 'tell weight and gradient from both with the opposite signs')
    .addOption(
      new Option(
        '--heads <which>',
        'one prediction of how long a weight survives, or separate ones: its place in its layer, and how many weights each layer keeps',
      )
        .choices(PREDICTOR_HEADS)
        .default('one'),
    )
    .option('--no-calibrate', 'rank predictions as they are, without making them comparable between layers')
    .option(
      '--unit-exponent <x>',
      'power of the gradients of the units a weight joins, which its survival is multiplied by; 0: none (default: 0.5)',
      numberFromZero,
    )
    .addOption(
      new Option('--network <name>', 'small MLP, the MLP of the paper, or a ResNet-18 on expanded features')
        .choices(Object.keys(ARCHITECTURES))
        .default('small'),
    )
    .addOption(
      new Option(`--${prefix}loss <name>`, 'mean squared error, or the order of pairs')
        .choices(Object.keys(PREDICTOR_OBJECTIVES))
        .default('mse'),
    )
    .option(
      `--${prefix}epochs <n>`,
      'how often the predictor sees all weights (default: 10, or as many as make 600 steps)',
      countOf('epochs'),
    )
    .option(`--${prefix}lr <rate>`, "learning rate of the predictor's Adam (default: 0.01)", positiveNumber)
    .option(`--${prefix}batch-size <n>`, 'weights in a batch (default: 4096)', countOf('things'))
    .option('--samples-per-run <n>', 'weights to learn from in each run at most (default: 300000)', countOf('things'))
    .option(
      '--hold-out <label>',
      'measure on the runs of this model instead of learning from them; `none`: learn from all (default: the last model, where there are several)',
    );
}
