/** The schema of a sweep's file, from the catalogue. `npm run generate` writes it to `sweep.schema.json`. */
import { isListOption, MODEL_KEYS, sentence, sweepKeys, sweepOptions } from '../protocol/catalogue/derive';
import { MODEL_OPTIONS } from '../protocol/catalogue/options';
import { describedSchema, type Schema, valueSchema } from '../protocol/catalogue/schema';
import type { Catalogue, OptionDefinition } from '../protocol/catalogue/types';

const OUTPUT = MODEL_OPTIONS.output.name;
const TEXT: Schema = { type: 'string', minLength: 1 };
const FRACTION: Schema = { type: 'number', minimum: 0, exclusiveMaximum: 1 };
const COUNT: Schema = { type: 'integer', minimum: 1 };
const PAPER: Schema = { enum: ['prospr'], type: 'string' };

/** A list without repetition, and not empty. */
const list = (items: Schema): Schema => ({ type: 'array', items, minItems: 1, uniqueItems: true });
const oneOrMore = (value: Schema): Schema => ({ oneOf: [value, list(value)] });
const closed = (properties: Schema, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  ...more,
  properties,
});

/** An option of the command, or a list of its values, which makes an axis; what is a list itself makes none. */
function axisSchema(option: OptionDefinition): Schema {
  const value = valueSchema(option);
  return {
    description: sentence(option.text),
    ...(isListOption(option) ? { ...value, minItems: 1 } : oneOrMore(value)),
  };
}

/** The value of an output, which is a name or a number. */
const NAME_OR_NUMBER: Schema = { oneOf: [TEXT, { type: 'integer', minimum: 0 }] };

/** A key for each option. */
function keySchemas(options: readonly OptionDefinition[]): Schema {
  const schemas = options.map((option) => {
    const described = describedSchema(option);
    const { type: _, minLength: __, ...rest } = described;
    return [option.name, option.name === OUTPUT ? { ...rest, ...NAME_OR_NUMBER } : described] as const;
  });
  return Object.fromEntries(schemas);
}

/** The schema of sweeps as JSON schema, draft 7. */
export function sweepSchema(catalogue: Catalogue): Schema {
  const model = closed(
    {
      model: TEXT,
      data: oneOrMore(TEXT),
      ...keySchemas(MODEL_KEYS),
      'published-as': { description: 'Name of the model in papers.', ...TEXT },
    },
    { required: ['model'] },
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'PruneLens sweep',
    description: 'Models x data x methods x sparsities x seeds x settings, for `prunelens sweep`.',
    ...closed(
      {
        title: { description: 'What the sweep is about, for its report.', ...TEXT },
        models: {
          description: 'Model files, relative to this file.',
          type: 'array',
          minItems: 1,
          items: { oneOf: [TEXT, model] },
        },
        data: {
          description: 'Data sets: names, or paths relative to this file. Without it, those of prunelens.json.',
          ...oneOrMore(TEXT),
        },
        methods: {
          description:
            'Criteria, structured- with a criterion for channels, magnitude-after-training and lottery-ticket.',
          ...list(TEXT),
        },
        sparsities: {
          description: "Fractions removed; `prospr` stands for the paper's 18.",
          oneOf: [PAPER, list({ oneOf: [PAPER, FRACTION] })],
        },
        seeds: {
          description: 'How many, counted from 0, or a list.',
          oneOf: [{ type: 'integer', minimum: 1 }, list({ type: 'integer' })],
        },
        dense: { description: 'Train the dense network too; true by default.', type: 'boolean' },
        ...keySchemas(sweepKeys(catalogue)),
        'run-on': {
          description: 'The runs are done on Slurm, with these options of the command.',
          ...closed({
            scheduler: { enum: ['slurm', 'local'], type: 'string' },
            partition: TEXT,
            gres: { description: 'Devices of a task, e.g. gpu:1.', ...TEXT },
            time: { description: 'Time limit of a task, e.g. 02:00:00.', ...TEXT },
            'array-limit': { description: 'So many tasks at a time.', ...COUNT },
            pack: { description: 'So many runs in a task.', ...COUNT },
            'side-by-side': { description: 'So many runs of a task at a time.', ...COUNT },
            setup: { description: 'Lines of the shell before the program, e.g. module load.', ...TEXT },
            sbatch: { description: 'Options of sbatch as they are.', ...list(TEXT) },
          }),
        },
        settings: {
          description: 'Options of the command. A list of values makes an axis of the sweep.',
          ...closed(Object.fromEntries(sweepOptions(catalogue).map((option) => [option.name, axisSchema(option)]))),
        },
        published: {
          description: "Published numbers beside the sweep's: true for all that fit, false for none, or sources.",
          oneOf: [{ type: 'boolean' }, list(TEXT)],
        },
      },
      { required: ['models', 'methods', 'sparsities'] },
    ),
  };
}
