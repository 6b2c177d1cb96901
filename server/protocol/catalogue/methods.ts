/**
 * The criteria as editors offer them, which know no engine. `methods.json` is written from the criteria by
 * `npm run generate`, and a test holds it to them.
 */
import methods from './methods.json';
import type { MethodDefinition } from './types';

/** A criterion without its options. */
export type EditorMethod = Omit<MethodDefinition, 'options' | 'presets'>;

export const EDITOR_METHODS: readonly EditorMethod[] = methods;

/** Criteria that are quick enough for estimates while somebody types. */
export const ESTIMATE_METHODS = EDITOR_METHODS.filter(({ estimate }) => estimate !== undefined);

/** Title of a criterion; its name where it is not known here. */
export function methodTitle(name: string): string {
  return EDITOR_METHODS.find((method) => method.name === name)?.title ?? name;
}

/** Whether a criterion needs data. One that is not known here is taken to. */
export function needsData(name: string): boolean {
  return EDITOR_METHODS.find((method) => method.name === name)?.needsData ?? true;
}
