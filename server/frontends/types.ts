/**
 * What the engine asks of a front end: everything that is of one framework. A front end is a folder beside this file, and a line
 * in `registry.ts`; `docs/adding-a-front-end.md` tells how to write one.
 */
import type { Network, Parameter, StoredTensor } from '../models/types';
import type { ModelKind } from '../protocol/editor';
import type { ModelInput, ModelSetup } from '../protocol/modelSetup';
import type { UnsavedFile } from '../protocol/worker';
import type { InterpreterChoice } from '../python/find';
import type { Keeper } from './keeper';

/** A range of text; lines and columns count from 1, the end is exclusive. */
export interface TextRange {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

/** A model as the user names it, resolved: its file is there, and a front end is for it. */
export interface ModelSpecifier {
  /** Absolute path. */
  readonly file: string;
  /** The definition in a file that can have several. */
  readonly exportName?: string;
}

/** A definition that was found in a text. */
export interface FoundDefinition {
  /** Absent where the file is one model. */
  readonly exportName?: string;
  readonly kind: ModelKind;
  /** Its images have their channels last, where those of other models in such files have them first. */
  readonly channelsLast?: true;
  /** The definition. */
  readonly range: TextRange;
}

/** Other files, as a search of a text sees them. What imports what decides which definitions there are. */
export interface Neighbours {
  /** The text of a file (absolute path); undefined where there is none, or where it is too long to be written by hand. */
  read(file: string): string | undefined;
  /** What front ends have learned of files while the search lasts, under keys of their own. */
  readonly known: Map<string, unknown>;
}

export interface LoadOptions {
  /** Whether the code of a model may run: what the user names on the command line may, a workspace must be trusted. */
  readonly trusted: boolean;
  /** Which output of a model with several is used: its name, or its number from 0; the first by default. */
  readonly output?: string;
  /** Deadline of the user's code, from the start of its process; 30 by default. */
  readonly timeoutSeconds?: number;
  /** Memory in MiB that the user's code may use; 4096 by default. */
  readonly memoryLimitMiB?: number;
  /** Ends the loading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Receives each line that the user's code prints; standard error by default. */
  readonly onOutput?: (line: string) => void;
  /** Texts that count instead of what is on disk, for the model file and for the files it imports. */
  readonly unsaved?: readonly UnsavedFile[];
  /** How it is constructed and what it takes, where its code does not say so. */
  readonly setup?: ModelSetup;
  /** The input that data has, asked for where neither `setup` nor the model says one. */
  readonly example?: () => Promise<ModelInput | undefined>;
  /** Examples of the batches that it is used with, which counts for a model that takes one number of them alone. */
  readonly batchSize?: number;
  /** The seed that the model's own code draws initial weights from; 0 by default. */
  readonly seed?: number;
  /** What names the user's Python. */
  readonly interpreter?: Omit<InterpreterChoice, 'workspaceFolder'>;
  /** Folder that the model's file is run from; found from where it lies by default. */
  readonly workspaceFolder?: string;
  /** Keeps what makes the next load quicker; nothing is kept by default. */
  readonly keeper?: Keeper;
}

export interface Explanation {
  readonly text: string;
  /** Names of exports that may be models. */
  readonly callable: readonly string[];
}

/** What is done with networks of a framework, whatever kind of file they come from. */
export interface Framework {
  /** Short and lower case, `keras`: its networks carry it. */
  readonly name: string;

  /** How its networks are written as models of the framework; absent where none are. */
  readonly writer?: ModelWriter;

  /** Names of the files that a smaller model consists of where `Network.shrinkOriginal` makes it. */
  readonly originalFiles?: readonly string[];

  /**
   * How PyTorch names and lays out a parameter of one of its networks, in the network with the same modules. Absent where nothing
   * is known of that.
   * @throws UserError where PyTorch cannot hold it.
   */
  pytorch?(network: Network, parameter: Parameter): StoredTensor;
}

/** Files of models, and what is done with their networks. */
export interface FrontEnd extends Framework {
  /** Frameworks whose networks it gives, where these are not its own. */
  readonly frameworks?: readonly Framework[];
  /** Its files in messages, after "A model is": `a Keras model (.json)`. */
  readonly files: string;
  /** Its definitions in messages, after "no": `export that is a TensorFlow.js model or builds one`. */
  readonly definition: string;
  /** Extensions of its files, lower case and with the dot. No two front ends share one. */
  readonly extensions: readonly string[];
  /** Identifiers by which editors know the languages of its files, as in the language server protocol: `typescript`. */
  readonly languages: readonly string[];
  /** Files of its framework that are no models here, by extension: what they are, and how to get one that is. */
  readonly relatives?: { readonly [extension: string]: { readonly what: string; readonly hint: string } };
  /** Bytes beyond which a file of this extension is not searched for models; any size by default. */
  largestSearched?(extension: string): number;

  /** Whether loading the file runs code of the user: what it would do with it, by its name alone. */
  runsCode(file: string): boolean;

  /**
   * The definitions in a text, from its first line to its last, without running anything. Nothing that is found is called before
   * somebody asks for it, and then it is: so only what is known to be a model from the code counts.
   * @param file Absolute path; it need not exist, and the text need not be what is on disk.
   * @param neighbours The files that it may import.
   * @throws UserError with the place of a syntax error.
   */
  findInText(text: string, file: string, neighbours: Neighbours): readonly FoundDefinition[];

  /**
   * The definitions in a file that holds data and no text, by a look at a few bytes of it; undefined for files whose text is
   * searched. Absent where there are no such files.
   */
  findInData?(file: string): Promise<readonly FoundDefinition[]> | undefined;

  /**
   * What else in a text may be a model, for those who can ask their user: what needs arguments, what is in objects and classes, and what
   * only running it tells (`possible`). Parameters and errors are those of `findInText`.
   */
  findFurther?(text: string, file: string, neighbours: Neighbours): readonly FoundDefinition[];

  /**
   * Why nothing in a text is a model, as far as it tells: a sentence or two, and exports that can be called to find out. Parameters and
   * errors are those of `findInText`.
   */
  explain?(text: string, file: string, neighbours: Neighbours): Explanation;

  /**
   * Refuses a name after `#` that no file like this can have. Whether the file has the export is found when it is loaded.
   * @throws UserError (usage).
   */
  checkExport(file: string, exportName: string): void;

  /**
   * Builds the network of a definition, whose code may run where it `runsCode`: that was asked before. Its layers carry the lines they were made on, innermost first; tensors are
   * [height, width, channels] and kernels [height, width, in, out] inside, and `Parameter.stored` says how the framework has
   * them. User's code runs in a process of its own, with a deadline and a memory limit.
   *
   * @throws UserError (kind `usage`) where there is no such definition; UserError with file, line and column for anything that is
   *   wrong with it or with what it does when it runs; the signal's reason when it is aborted.
   */
  load(specifier: ModelSpecifier, options: LoadOptions): Promise<Network>;
}

export interface ModelWriter {
  /** Names of the files that it writes. */
  readonly files: readonly string[];
  /**
   * Writes a network with its initial values to a folder that exists; gives the path to load it by. The file that is loaded comes
   * last, so that it is never there without the others.
   * @throws UserError where it cannot be written.
   */
  write(network: Network, folder: string): Promise<string>;
}
