/** The file of a sweep, written from what a form asks for. */
import { dirname, relative, resolve, sep } from 'node:path';
import { Document, visit } from 'yaml';
import { joinModelSpecifier } from '../frontends';
import { flagName, sweepKeys, sweepOptions } from '../protocol/catalogue/derive';
import type { OptionDefinition } from '../protocol/catalogue/types';
import type { AskedOptions, OptionData } from '../protocol/catalogue/values';
import { splitModelName } from '../protocol/modelNames';
import { CATALOGUE } from '../request/catalogue';
import { isDataPath } from './expand';

/** What a sweep over one model is made of. */
export interface AskedSweep {
  /** `file.ts#export`. */
  readonly model: string;
  /** As after `--data`; absent where prunelens.json says it. */
  readonly data?: string;
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  /** Options by the names of their flags; several values are an axis. */
  readonly options: AskedOptions;
}

/** A path from the working folder as one from the folder of the sweep's file. */
function pathFrom(file: string, path: string): string {
  return (
    relative(dirname(resolve(file)), resolve(path))
      .split(sep)
      .join('/') || '.'
  );
}

function modelFrom(file: string, model: string): string {
  const { file: path, exportName } = splitModelName(model);
  return joinModelSpecifier(pathFrom(file, path), exportName === 'default' ? undefined : exportName);
}

/** The values of options that are given, under their names on the command line. */
function named(options: AskedOptions, known: readonly OptionDefinition[]): { readonly [name: string]: OptionData } {
  return Object.fromEntries(
    known.flatMap(({ name }): [string, OptionData][] => {
      const value = options[flagName(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The text of a sweep's file, YAML with lists on one line each. @param file Where it is to stand: paths in it begin there. */
export function sweepText(file: string, { model, data, methods, sparsities, options }: AskedSweep): string {
  const { weights, seeds, ...others } = options;
  const settings = named(others, sweepOptions(CATALOGUE));
  const document = new Document({
    models: [modelFrom(file, model)],
    ...(data !== undefined && { data: isDataPath(data) ? pathFrom(file, data) : data }),
    methods,
    sparsities,
    ...(seeds !== undefined && { seeds }),
    ...named(others, sweepKeys(CATALOGUE)),
    ...(typeof weights === 'string' && { weights: pathFrom(file, weights) }),
    ...(Object.keys(settings).length > 0 && { settings }),
  });
  visit(document, {
    Seq(_, node) {
      node.flow = true;
    },
  });
  return document.toString({ flowCollectionPadding: false, lineWidth: 120 });
}
