/** The schema of `prunelens.json`, from the catalogue. `npm run generate` writes it to `settings.schema.json`. */

import { DATASET_NAMES } from '../protocol/catalogue/datasets';
import { criterionOptions, defaultOf, modelOptions, objectiveOptions } from '../protocol/catalogue/derive';
import { RUNS_OPTIONS, SELECTION_OPTIONS, TRAINING_OPTIONS, TRAINING_SETTINGS } from '../protocol/catalogue/options';
import { describedSchema, type Schema } from '../protocol/catalogue/schema';
import type { Catalogue, OptionDefinition } from '../protocol/catalogue/types';
import { ALLOWANCES } from '../protocol/modelSetup';

const text = (description?: string): Schema => ({ ...(description && { description }), type: 'string', minLength: 1 });

const closed = (properties: Schema, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  ...more,
  properties,
});

/** Sections of settings, and what they are about. */
const SECTIONS = {
  columns: 'Which columns of CSV data are what.',
  optimizer: 'How training takes steps.',
  schedule: 'How the learning rate changes.',
  augmentation: 'Random changes of training images.',
  prunable: 'Which layers are pruned.',
  scoring: "How weights are scored. What is absent is the criterion's own default.",
} as const;

/** Settings that a model can have of its own, in their order. */
const OF_MODELS = [
  'output',
  'columns',
  'batchSize',
  'epochs',
  'optimizer',
  'schedule',
  'augmentation',
  'objective',
  'huberDelta',
  'labelSmoothing',
  'loss',
  'prunable',
  'scoring',
];

const MODELS = 'Which model files: a name with * and ?, or a path from this file (** for any folders).';

function dataSchema(): Schema {
  const rule = closed({ models: text(`${MODELS} The first match counts.`), data: text('Their data set.') });
  const names = [...DATASET_NAMES, 'noise'].join(', ');
  return {
    description: `Data set: ${names}, or a folder or file (relative to this file); or a list that gives models their own.`,
    oneOf: [text(), { type: 'array', items: { ...rule, required: ['models', 'data'] } }],
  };
}

/** What `models` says of each model of PyTorch: see `ModelRule`. */
function modelsSchema(): Schema {
  const count = { type: 'integer', minimum: 1 };
  const input = closed(
    {
      name: text('Name of the argument of forward; needed where there are several.'),
      shape: { description: 'Sizes of one example.', type: 'array', items: count },
      dtype: text("PyTorch's; float32 by default."),
      below: { description: 'Whole numbers are from 0 up to this, exclusive.', ...count },
    },
    { required: ['shape'] },
  );
  const flag = (description: string) => ({ description, type: 'boolean' });
  const rule = closed(
    {
      file: text(MODELS),
      construct: text('Python expression that makes the model, in the names of the file: Net(depth=2).'),
      inputs: { description: 'What the model takes.', type: 'array', items: input, minItems: 1 },
      output: {
        description: 'Name or index of the output that counts; the first tensor by default.',
        type: ['string', 'integer'],
      },
      python: text('The Python that it is run in.'),
      whole: flag('Run whole files, not only what the model needs.'),
      allow: {
        description: 'What its code may do while it is loaded, although that is refused by default.',
        type: 'array',
        items: { type: 'string', enum: ALLOWANCES },
      },
    },
    { required: ['file'] },
  );
  return { description: 'How PyTorch models are made, and what they take.', type: 'array', items: rule };
}

function settingSchema(option: OptionDefinition): Schema {
  const value = defaultOf(option);
  return { ...describedSchema(option), ...(value !== undefined && { default: value }) };
}

/** Options that settings have, by their place there. */
function settingOptions(catalogue: Catalogue): readonly (OptionDefinition & { readonly setting: string })[] {
  const groups = [
    modelOptions(catalogue),
    TRAINING_OPTIONS,
    TRAINING_SETTINGS,
    objectiveOptions(catalogue),
    SELECTION_OPTIONS,
    RUNS_OPTIONS,
  ];
  const all: readonly OptionDefinition[] = [
    ...groups.flatMap((group) => Object.values<OptionDefinition>(group)),
    ...criterionOptions(catalogue),
  ];
  return all.flatMap((option) => (option.setting === undefined ? [] : [{ ...option, setting: option.setting }]));
}

/** The schema of settings as JSON schema, draft 7. */
export function settingsSchema(catalogue: Catalogue): Schema {
  const options = settingOptions(catalogue);
  const within = (section: string) =>
    Object.fromEntries(
      options
        .filter(({ setting }) => setting.startsWith(`${section}.`))
        .map((option) => [option.setting.slice(section.length + 1), settingSchema(option)]),
    );
  const alone = Object.fromEntries(
    options.filter(({ setting }) => !setting.includes('.')).map((option) => [option.setting, settingSchema(option)]),
  );
  // An output may be given by its number as it is.
  const output = { ...alone.output, type: ['string', 'integer'], minimum: 0 };
  const sections = Object.fromEntries(
    Object.entries(SECTIONS).map(([section, description]) => [section, closed(within(section), { description })]),
  );
  const definitions = Object.fromEntries(
    OF_MODELS.map((name) => [name, name === 'output' ? output : (alone[name] ?? sections[name])]),
  );
  const references = Object.fromEntries(OF_MODELS.map((name) => [name, { $ref: `#/definitions/${name}` }]));
  const others = Object.fromEntries(Object.entries(alone).filter(([name]) => !OF_MODELS.includes(name)));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'PruneLens settings',
    description:
      'Defaults for the models beside this file and in the folders below it. Flags of the command win over them.',
    ...closed({
      $schema: { type: 'string' },
      data: dataSchema(),
      models: modelsSchema(),
      ...references,
      overrides: {
        description:
          'Other values for some models, in place of those above. Where several match, the later one counts.',
        type: 'array',
        items: { ...closed({ models: text(MODELS), ...references }), required: ['models'] },
      },
      ...others,
    }),
    definitions,
  };
}
