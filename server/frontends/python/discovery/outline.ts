/** What a Python module defines, as its syntax tells: plain data, made by `readOutline.ts`. */
import type { TextRange } from '../../types';

/** A name with dots, in its parts: `nn.Module` is `['nn', 'Module']`. */
export type DottedName = readonly string[];

export interface ParameterOutline {
  readonly name: string;
  /** Whether a call must give it. */
  readonly required: boolean;
}

/** What an expression may stand for: the value of a name, or what a call of a name gives. */
export interface ValueOutline {
  readonly kind: 'name' | 'call';
  readonly name: DottedName;
  /** Of a call: last names of what is called in its arguments, `Dense` of `Sequential([layers.Dense(3)])`; absent where nothing is. */
  readonly parts?: readonly string[];
}

export interface ImportOutline {
  /** Dots before the module: 0 is absolute, 1 is the folder of the file. */
  readonly level: number;
  readonly module: DottedName;
  /**
   * `names`: what `from module import …` binds; `all`: `from module import *`; `module`: `import module`, bound to `as`, or with
   * its first part where that is absent.
   */
  readonly binds:
    | { readonly kind: 'names'; readonly names: readonly { readonly name: string; readonly as: string }[] }
    | { readonly kind: 'all' }
    | { readonly kind: 'module'; readonly as?: string };
}

interface Definition {
  readonly name: string;
  readonly range: TextRange;
}

export interface FunctionOutline extends Definition {
  readonly kind: 'function';
  readonly parameters: readonly ParameterOutline[];
  /** What it may return, names of its own variables replaced by their values; its annotation counts as a call. */
  readonly results: readonly ValueOutline[];
  /** Names that it mentions. */
  readonly mentions: ReadonlySet<string>;
}

export interface ClassOutline extends Definition {
  readonly kind: 'class';
  readonly bases: readonly DottedName[];
  /** Parameters of its own `__init__` but for `self`; absent where it has none. */
  readonly parameters?: readonly ParameterOutline[];
  /** Whether its `__init__` makes anything: a call besides that of its bases'. */
  readonly makesParts: boolean;
  /** Names of its methods. */
  readonly methods: ReadonlySet<string>;
  readonly mentions: ReadonlySet<string>;
}

export interface VariableOutline extends Definition {
  readonly kind: 'variable';
  readonly values: readonly ValueOutline[];
}

export type DefinitionOutline = FunctionOutline | ClassOutline | VariableOutline;

/** An import with its place among those of its module. */
export interface PlacedImport extends ImportOutline {
  readonly place: number;
}

export interface ModuleOutline {
  /** Imports by the name that each binds, the last one first. */
  readonly bound: ReadonlyMap<string, readonly PlacedImport[]>;
  /** The last of `from module import *`, the last one first. */
  readonly unnamed: readonly PlacedImport[];
  /** At the level of the module, in its order; also in branches of `if` and `try`, but not in `if __name__ == "__main__"`. */
  readonly definitions: readonly DefinitionOutline[];
  /** The last definition of each name: what it means at the end. */
  readonly last: ReadonlyMap<string, DefinitionOutline>;
}
