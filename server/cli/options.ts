/** Options of the catalogue as options of commands. */
import { type Command, Option } from 'commander';
import { type CommandName, commandOptions, defaultOf } from '../protocol/catalogue/derive';
import type { Catalogue, NumberOption, OptionDefinition, OptionGroup } from '../protocol/catalogue/types';
import { CATALOGUE } from '../request/catalogue';
import { choicesOf, collect, epochList, nameList, names, numberIn } from './optionValues';

/** The flag with what stands for its value: `--inner-lr <rate>`. */
function flags(option: OptionDefinition): string {
  const { name, type, placeholder = 'name' } = option;
  if (type === 'boolean') return `--${name}`;
  return `--${name} ${'bare' in option && option.bare !== undefined ? `[${placeholder}]` : `<${placeholder}>`}`;
}

const isNumeric = (option: OptionDefinition): option is NumberOption =>
  option.type === 'integer' || option.type === 'number';

function toCommander(definition: OptionDefinition): Option {
  const { type, text } = definition;
  const option = new Option(flags(definition), type === 'texts' ? `${text} (repeatable)` : text);
  if (isNumeric(definition)) {
    const { bare } = definition;
    return (bare === undefined ? option : option.preset(String(bare))).argParser(numberIn(definition));
  }
  switch (type) {
    case 'choice':
      return option.choices([...definition.choices]);
    case 'integers':
      return option.argParser(epochList);
    case 'choices':
      return option.argParser(choicesOf(definition.choices));
    case 'names':
      return option.argParser(definition.mayRepeat ? names : nameList);
    case 'texts':
      return option.argParser(collect);
    default:
      return option;
  }
}

/**
 * Adds options to a command. Defaults are not given to it: an option that is absent leaves the word to the settings.
 */
export function addOptions(command: Command, definitions: readonly OptionDefinition[]): Command {
  for (const definition of definitions) {
    command.addOption(toCommander(definition));
    if (definition.type === 'boolean' && definition.negation !== undefined) {
      command.option(`--no-${definition.name}`, definition.negation);
    }
  }
  return command;
}

/** Adds options that no settings know: their defaults are the command's, and help tells them. */
export function addOwnOptions(command: Command, group: OptionGroup): Command {
  for (const definition of Object.values(group)) {
    const option = toCommander(definition);
    const value = defaultOf(definition);
    command.addOption(value === undefined ? option : option.default(value));
  }
  return command;
}

/** Adds the options that the command shares with others. */
export function addCommandOptions(command: Command, name: CommandName, catalogue: Catalogue = CATALOGUE): Command {
  return addOptions(command, commandOptions(catalogue, name));
}
