/** What a catalogue is made of: options, methods and backends, as plain data that needs no engine. */
import type { Counted } from './limits';

interface OptionBase {
  /** As on the command line, without the dashes: `inner-lr`. */
  readonly name: string;
  /** What it means, as help shows it: one line, no capital at its start, no full stop. */
  readonly text: string;
  /**
   * What the value decides:
   * `run`: what is asked for, and of which model, data and machine; no axis of a sweep.
   * `training`: how networks are trained, dense ones too.
   * `scoring`: how the criteria that declare it score; it is handed to them by its key, see `scoringKey`.
   * `method`: how the methods that declare it go about pruning.
   */
  readonly scope: 'run' | 'training' | 'scoring' | 'method';
  /** Where `prunelens.json` has it, as a path: `scoring.innerLearningRate`. Absent: nowhere. */
  readonly setting?: string;
  /** Of an option that a sweep's file cannot set although its scope would let it: `false`. */
  readonly inSweeps?: false;
  /** In what the value is told, in help: `n`. Names of choices have none. */
  readonly placeholder?: string;
  /** It means something only where another option, by the name of its flag, has this value. */
  readonly onlyWith?: { readonly flag: string; readonly value: string };
}

export interface NumberOption extends OptionBase {
  readonly type: 'integer' | 'number';
  readonly default?: number | string;
  /** A word that may stand in place of a number: `auto`. */
  readonly word?: string;
  /** What the flag means where no number follows it; absent: one must. */
  readonly bare?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  /** Of whole numbers: what they count, which limits them; absent: they may be any. */
  readonly counts?: Counted;
}

export interface BooleanOption extends OptionBase {
  readonly type: 'boolean';
  readonly default?: boolean;
  /** Help of the flag `--no-NAME`; absent: there is no such flag. */
  readonly negation?: string;
}

export interface ChoiceOption extends OptionBase {
  readonly type: 'choice';
  readonly choices: readonly string[];
  readonly default?: string;
}

export interface TextOption extends OptionBase {
  readonly type: 'text';
  readonly default?: string;
}

/** Whole numbers from 1, with commas between on the command line. */
export interface IntegerListOption extends OptionBase {
  readonly type: 'integers';
}

/** Some of the choices, with commas between on the command line. */
export interface ChoiceListOption extends OptionBase {
  readonly type: 'choices';
  readonly choices: readonly string[];
}

/** Texts; the flag is given once for each. */
export interface TextListOption extends OptionBase {
  readonly type: 'texts';
}

/** Names, with commas between on the command line. */
export interface NameListOption extends OptionBase {
  readonly type: 'names';
  /** A name may stand there several times. */
  readonly mayRepeat?: true;
}

export type OptionDefinition =
  | NumberOption
  | BooleanOption
  | ChoiceOption
  | TextOption
  | IntegerListOption
  | ChoiceListOption
  | TextListOption
  | NameListOption;

/** Options by the name of their flag's value: `innerLr` for `inner-lr`. */
export interface OptionGroup {
  readonly [flag: string]: OptionDefinition;
}

/** The type of an option's value. */
export type OptionValue<Option extends OptionDefinition> = Option extends NumberOption
  ? number | (Option extends { readonly word: infer Word } ? Word : never)
  : Option extends BooleanOption
    ? boolean
    : Option extends ChoiceOption
      ? Option['choices'][number]
      : Option extends IntegerListOption
        ? readonly number[]
        : Option extends ChoiceListOption
          ? readonly Option['choices'][number][]
          : Option extends TextListOption | NameListOption
            ? readonly string[]
            : string;

/** What a command gets for the options of a group; those that are not given are absent. */
export type FlagValues<Group extends OptionGroup> = { readonly [Flag in keyof Group]?: OptionValue<Group[Flag]> };

/** Values of a method's options that have a name together. Options that are given win over them. */
export interface PresetDefinition {
  /** As given to `--preset`. */
  readonly name: string;
  /** What they are, and where they differ from the paper: whole sentences. */
  readonly text: string;
  /** Values by the names under which criteria find them. */
  readonly options: { readonly [key: string]: number | string | boolean };
}

/** A way to prune. */
export interface MethodDefinition {
  /** As given to `--method`. */
  readonly name: string;
  /** As shown to people, e.g. `ProsPr`. */
  readonly title: string;
  /** One sentence: what its scores mean. */
  readonly description: string;
  /** Whether it looks at training data. */
  readonly needsData: boolean;
  /** What a score costs, where it is quick enough to follow somebody who edits an architecture: `one gradient`. */
  readonly estimate?: string;
  /** Every option that makes a difference to what it keeps, with its own defaults. */
  readonly options: readonly OptionDefinition[];
  readonly presets?: readonly PresetDefinition[];
}

/** A way to run programs. */
export interface BackendDefinition {
  /** As given to `--backend`. */
  readonly name: string;
  /** As `prunelens backends` shows it. */
  readonly title: string;
  /** One sentence for settings: what it runs on, and where. */
  readonly description: string;
}

/** A data set that has a name. */
export interface DatasetDefinition {
  /** As given to `--data`. */
  readonly name: string;
  readonly title: string;
  /** Its examples and classes in a few words; absent where they are the model's. */
  readonly description?: string;
  /** Where it comes from, in one sentence. */
  readonly origin: string;
}

/** Everything that can be asked for by name. */
export interface Catalogue {
  /** Criteria that score weights at initialization. */
  readonly methods: readonly MethodDefinition[];
  /** Criteria that score channels; compared under their names with `structured-` before. */
  readonly channelMethods: readonly MethodDefinition[];
  /** Methods that prune after training. */
  readonly convergenceMethods: readonly MethodDefinition[];
  /** Methods that change masks while they train. */
  readonly dynamicMethods: readonly MethodDefinition[];
  /** In the order of preference. */
  readonly backends: readonly BackendDefinition[];
  /** Names of the objectives, as `--objective` takes them. */
  readonly objectives: readonly string[];
}
