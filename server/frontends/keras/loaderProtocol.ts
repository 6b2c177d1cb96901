/** What the engine and the loader process say to each other: one job in, one answer out. */
import type { FailureKind, SourceLocation } from '../../protocol/errors';
import type { Allowance } from '../../protocol/modelSetup';
import type { ModelDescription } from './description';

/** What the process that reads model files of Keras reads on its standard input, as JSON. */
export interface ArchiveJob {
  /** Absolute path. */
  readonly file: string;
}

/** What the loader process reads on its standard input, as JSON. */
export interface LoadJob {
  /** The model file (absolute), for messages and for `require` in the user's code. */
  readonly file: string;
  /** Which export to load; chosen among the candidates where it is absent. */
  readonly exportName?: string;
  /** Expression in the names of the exports that makes the model, where the settings or the name say one. */
  readonly construct?: string;
  /** Where the exports of the file are defined, as far as its syntax tells. */
  readonly exportLocations: { readonly [name: string]: SourceLocation };
  /** Exports that are a model, or functions that return one, as far as the syntax shows. */
  readonly knownModels: readonly string[];
  /** Exported functions that can be called without arguments, as far as the syntax shows; types are gone when it runs. */
  readonly callable: readonly string[];
  /** The bundled ES module to import (absolute). */
  readonly bundleFile: string;
  /** Source map of the bundle (JSON), its `sources` relative to `sourceRoot`. */
  readonly sourceMap: string;
  /** Folder that the source map's paths start from (absolute). */
  readonly sourceRoot: string;
  /** True where the file is a CommonJS module, whose exports are the properties of the bundle's default export. */
  readonly commonJs: boolean;
  /** Folder that the model's code must not write to (absolute). */
  readonly workspace: string;
  /** What the code may do although it is refused by default. */
  readonly allow: readonly Allowance[];
  /** The TensorFlow.js module the user's imports mean (absolute). */
  readonly tensorflowFile: string;
}

/** The one answer of the loader process, in a frame (see `loaderAnswer.ts`). */
export type LoadAnswer =
  | { readonly type: 'model'; readonly description: ModelDescription }
  | {
      readonly type: 'failure';
      readonly kind: FailureKind;
      readonly message: string;
      readonly hint?: string;
      readonly location?: SourceLocation;
    };

/** Where the bundled user code finds TensorFlow.js in the loader process. */
export const TENSORFLOW_GLOBAL = '__prunelensTensorflow';
