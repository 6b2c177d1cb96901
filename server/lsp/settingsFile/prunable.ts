/** Changes of `prunelens.json` as text edits, which leave everything else in the file as it is. */
import { type Edit, type FormattingOptions, modify, type ParseError, parse } from 'jsonc-parser';
import { matchesFile } from '../../protocol/patterns';
import type { PrunableSettings, SettingsValues } from '../../settings/types';

/** What pruning is to do from now on. */
export type PrunableChange = { readonly minPerLayer: number } | { readonly exclude: string };

function formattingOf(text: string): FormattingOptions {
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

/**
 * Edits of `text`, the contents of a settings file, that change what holds for a model; none where it says so already.
 * `modelPath` is the model's file from the settings' folder, with `/` between. Where an override says what is pruned of the
 * model, it is changed there, as an override takes the place of the general settings; else in the general ones.
 *
 * @returns undefined where the text is no JSON object, which is for its author to mend.
 */
export function prunableEdits(text: string, modelPath: string, change: PrunableChange): Edit[] | undefined {
  const errors: ParseError[] = [];
  const values = parse(text, errors, { allowTrailingComma: true }) as SettingsValues | undefined;
  if (errors.length > 0 || typeof values !== 'object' || values === null || Array.isArray(values)) return undefined;
  const overrides = Array.isArray(values.overrides) ? values.overrides : [];
  const own = overrides.findLastIndex(({ models, prunable }) => prunable && matchesFile(models, modelPath));
  const path = own < 0 ? ['prunable'] : ['overrides', own, 'prunable'];
  const current: PrunableSettings = (own < 0 ? values.prunable : overrides[own].prunable) ?? {};
  const options = { formattingOptions: formattingOf(text) };
  if ('minPerLayer' in change) {
    if (current.minPerLayer === change.minPerLayer) return [];
    return modify(text, [...path, 'minPerLayer'], change.minPerLayer, options);
  }
  const { exclude } = current;
  if (exclude?.includes(change.exclude)) return [];
  if (!exclude || exclude.length === 0) return modify(text, [...path, 'exclude'], [change.exclude], options);
  const end = [...path, 'exclude', exclude.length];
  return modify(text, end, change.exclude, { ...options, isArrayInsertion: true });
}
