/** The fields of a form as they follow from its state: what they are called, what can be chosen, what holds, and what is wrong. */
import { flagName, sentence } from '../../server/protocol/catalogue/derive';
import type { OptionDefinition } from '../../server/protocol/catalogue/types';
import {
  type AskedOptions,
  axisProblem,
  type OptionData,
  optionProblem,
  typedAxis,
  typedValue,
  valueText,
} from '../../server/protocol/catalogue/values';
import { DENSE } from '../../server/protocol/comparison';
import {
  FORM_FIELDS,
  type FormField,
  type FormState,
  type FormValues,
  type SaidValue,
} from '../../server/protocol/form';
import { exactPercent } from '../../server/protocol/numbers';
import { parseSparsities, parseSparsity } from '../../server/protocol/sparsityText';
import type { Choice } from '../shared/toolkit';
import { SECTIONS, type Section } from './sections';
import type { FormPage } from './state';

export interface Field {
  readonly flag: string;
  readonly label: string;
  /** A sentence: what it means. */
  readonly help: string;
  /** `many`: some of the choices. */
  readonly type: 'text' | 'choice' | 'many' | 'data';
  readonly choices: readonly Choice[];
  /** Texts that are offered while something is typed. */
  readonly suggestions: readonly string[];
  /** As it is typed; empty where nothing is. */
  readonly text: string;
  /** What holds where nothing is typed, as it would be typed. */
  readonly usual: string;
  /** Who says it elsewhere, which holds. */
  readonly said?: SaidValue;
  readonly problem?: string;
}

export interface ShownSection {
  readonly section: Section;
  readonly fields: readonly Field[];
  readonly more: readonly Field[];
  /** How many of its fields are wrong. */
  readonly problems: number;
}

const USUAL_METHODS = ['prospr', 'snip', 'magnitude', 'random'];
const USUAL_SPARSITIES = '90, 98';

const OWN: { readonly [Name in FormField]: { readonly label: string; readonly help: string } } = {
  method: { label: 'Method', help: 'How it is decided what stays.' },
  methods: { label: 'Methods', help: 'What is compared; the dense network is trained as well.' },
  sparsity: { label: 'Sparsity', help: 'How much is removed, in percent.' },
  sparsities: { label: 'Sparsities', help: 'Percentages to remove, with commas between.' },
  name: { label: 'Name', help: 'Of the predictor; the same name and answers go on with what was interrupted.' },
  folder: {
    label: 'Folder',
    help: 'For the smaller model, from the workspace folder on; it is made where it is not there.',
  },
  file: {
    label: 'File',
    help: 'Of the sweep, YAML, from the workspace folder on; it says what is run, and can be changed by hand.',
  },
};

const DATA_FIELD = { label: 'Data set', help: 'What the model is trained and scored with.' };

const isOwn = (flag: string): flag is FormField => (FORM_FIELDS as readonly string[]).includes(flag);

/** `weight-decay` as `Weight decay`, `inner-lr` as `Inner learning rate`. */
function labelOf({ name }: OptionDefinition): string {
  const words = name.replace(/\blr\b/, 'learning rate').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What it means, where its label does not say it all, with other options by their words: `--max-sparsity` as `max sparsity`. */
function helpOf(option: OptionDefinition): string {
  const help = sentence(option.text).replace(/--([a-z-]+)/g, (_, name: string) => name.replaceAll('-', ' '));
  return help === `${labelOf(option)}.` ? '' : help;
}

const percentText = (fraction: number) => exactPercent(fraction).replace(' %', '');

function usualOwn(page: FormPage, form: FormState, flag: FormField): string {
  switch (flag) {
    case 'method':
      return form.methods.some(({ name }) => name === form.method) ? form.method : (form.methods[0]?.name ?? '');
    case 'methods':
      return [...new Set([form.method, ...USUAL_METHODS])]
        .filter((name) => form.methods.some((one) => one.name === name))
        .join(', ');
    case 'sparsity':
      return percentText(form.sparsity);
    case 'sparsities':
      return USUAL_SPARSITIES;
    case 'name':
      return form.predictor;
    case 'file':
      return form.sweepFile;
    case 'folder':
      return `${form.folder.replace(/-small$/, '')}-${textOf(page, form, 'method')}-${textOf(page, form, 'sparsity').replace(/[^\d.]/g, '')}`;
  }
}

/** What is typed in a field of the form's own, or what holds there. */
function textOf(page: FormPage, form: FormState, flag: FormField): string {
  return page.typed[flag] ?? usualOwn(page, form, flag);
}

/** The value of such a field, or what is wrong with it. */
function ownValue(flag: FormField, text: string): { readonly value: OptionData } | { readonly problem: string } {
  switch (flag) {
    case 'sparsity':
      return parseSparsity(text);
    case 'sparsities':
      return parseSparsities(text);
    case 'methods':
      return { value: namesIn(text) };
    default:
      return { value: text };
  }
}

export function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The methods that are chosen. */
function chosenMethods(page: FormPage, form: FormState): readonly string[] {
  return page.kind === 'compare' || page.kind === 'sweep'
    ? namesIn(textOf(page, form, 'methods'))
    : [textOf(page, form, 'method')];
}

const isAxis = ({ axes = [] }: FormState, { name }: OptionDefinition) => axes.includes(flagName(name));

/** What is typed of an option; several values where it can be an axis. */
function valueTyped(form: FormState, option: OptionDefinition, text: string): OptionData {
  return isAxis(form, option) ? typedAxis(option, text) : typedValue(option, text);
}

/** What holds of an option: what is said elsewhere, typed, or told of those that nobody has said anything of. */
export function effectiveOption(page: FormPage, form: FormState, option: OptionDefinition): OptionData | undefined {
  const flag = flagName(option.name);
  const typed = page.typed[flag];
  if (form.said[flag]) return form.said[flag].value;
  if (typed !== undefined) return valueTyped(form, option, typed);
  return usualOption(page, option);
}

function usualOption({ check }: FormPage, option: OptionDefinition): OptionData | undefined {
  const told = check?.value.values[flagName(option.name)];
  return told ?? ('default' in option ? (option.default as OptionData | undefined) : undefined);
}

/** Whether an option means something with what is chosen. */
function applies(page: FormPage, form: FormState, { onlyWith }: OptionDefinition): boolean {
  if (!onlyWith) return true;
  const other = form.options.find(({ name }) => flagName(name) === onlyWith.flag);
  if (!other) return false;
  const held = effectiveOption(page, form, other);
  return Array.isArray(held) ? held.includes(onlyWith.value) : held === onlyWith.value;
}

/** The flags of a section that mean something now. */
function flagsOf(
  page: FormPage,
  form: FormState,
  section: Section,
): { fields: readonly string[]; more: readonly string[] } {
  const known = new Map(form.options.map((option) => [flagName(option.name), option]));
  const isDense = page.kind === 'train' && textOf(page, form, 'method') === DENSE;
  const isShown = (flag: string) => {
    if (isOwn(flag)) return !(isDense && flag === 'sparsity');
    const option = known.get(flag);
    return flag === 'data' || (option !== undefined && applies(page, form, option));
  };
  const others = new Set(SECTIONS[page.kind].flatMap(({ fields, more = [] }) => [...fields, ...more]));
  const chosen = new Set(chosenMethods(page, form));
  const heeded = section.hasMethodOptions
    ? form.methods.filter(({ name }) => chosen.has(name)).flatMap(({ heeds }) => heeds)
    : [];
  const ofMethods = [...new Set(heeded)].filter((flag) => !others.has(flag));
  return {
    fields: section.fields.filter(isShown),
    more: [...(section.more ?? []), ...ofMethods].filter(isShown),
  };
}

/** Whether the devices of the user's PyTorch can be chosen. */
export function asksForDevice(page: FormPage): boolean {
  return (
    page.form !== undefined && page.form.said.device === undefined && shownFlags(page, page.form).includes('device')
  );
}

/** Every flag that is shown, section by section. */
function shownFlags(page: FormPage, form: FormState): readonly string[] {
  return SECTIONS[page.kind].flatMap((section) => {
    const { fields, more } = flagsOf(page, form, section);
    return [...fields, ...more];
  });
}

/** What the form asks for: what is typed of the fields that are shown, and that nothing else says. */
export function valuesOf(page: FormPage): FormValues {
  const { form } = page;
  if (!form) return {};
  const options = new Map(form.options.map((option) => [flagName(option.name), option]));
  return Object.fromEntries(
    shownFlags(page, form).flatMap((flag): [string, OptionData][] => {
      if (isOwn(flag)) {
        const answer = ownValue(flag, textOf(page, form, flag));
        return 'value' in answer ? [[flag, answer.value]] : [];
      }
      const typed = page.typed[flag];
      const option = options.get(flag);
      if (typed === undefined || !option || form.said[flag] || flag === 'data') return [];
      return [[flag, valueTyped(form, option, typed)]];
    }),
  );
}

/** The values with all that holds besides, for what is estimated. */
export function effectiveValues(page: FormPage): FormValues {
  const { form } = page;
  if (!form) return {};
  const options = form.options.flatMap((option): [string, OptionData][] => {
    const value = effectiveOption(page, form, option);
    return value === undefined ? [] : [[flagName(option.name), value]];
  });
  return { ...Object.fromEntries(options), ...valuesOf(page) };
}

/** What can be written into prunelens.json: options that are settings. */
export function writableOptions(page: FormPage): AskedOptions {
  const { form, kind } = page;
  // What a sweep takes is in its own file.
  if (kind === 'sweep') return {};
  const settings = new Set(
    form?.options.flatMap(({ name, setting }) => (setting === undefined ? [] : [flagName(name)])),
  );
  return {
    ...Object.fromEntries(Object.entries(valuesOf(page)).filter(([flag]) => settings.has(flag))),
    ...(form?.data !== undefined && { data: form.data }),
  };
}

/** What is wrong with a field: by what is typed, else as it was told of these values. */
function problemOf(
  page: FormPage,
  form: FormState,
  flag: string,
  option: OptionDefinition | undefined,
): string | undefined {
  if (isOwn(flag)) {
    const answer = ownValue(flag, textOf(page, form, flag));
    if ('problem' in answer) return answer.problem;
  } else if (option && page.typed[flag] !== undefined && !form.said[flag] && flag !== 'data') {
    const value = valueTyped(form, option, page.typed[flag]);
    const problem = isAxis(form, option) ? axisProblem(option, value) : optionProblem(option, value);
    if (problem !== undefined) return problem;
  }
  if (page.check?.key !== keyOfValues(page)) return undefined;
  return page.check.value.mistakes.find((mistake) => mistake.flag === flag)?.message;
}

/** Tells values of the form from others. */
export function keyOfValues(page: FormPage): string {
  return JSON.stringify([page.model, page.kind, page.revision, page.form?.data, valuesOf(page)]);
}

const YES_NO: readonly Choice[] = [
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

function choicesOf(form: FormState, flag: string, option: OptionDefinition | undefined): readonly Choice[] {
  if (flag === 'method' || flag === 'methods')
    return form.methods.map(({ name, title }) => ({ value: name, label: title }));
  if (option?.type === 'boolean') return YES_NO;
  if (option?.type !== 'choice' && option?.type !== 'choices') return [];
  return option.choices.map((choice) => ({ value: choice, label: choice }));
}

function typeOf(
  form: FormState,
  flag: string,
  option: OptionDefinition | undefined,
  choices: readonly Choice[],
): Field['type'] {
  if (flag === 'data') return 'data';
  if (option && isAxis(form, option)) return 'text';
  if (flag === 'methods' || option?.type === 'choices') return 'many';
  return choices.length > 0 ? 'choice' : 'text';
}

/** The usual value of a choice as an entry before the others, which says nothing; fields of the form's own always have a value. */
function withUsual(flag: string, choices: readonly Choice[], usual: string): readonly Choice[] {
  if (flag === 'method') return choices;
  const label = choices.find(({ value }) => value === usual)?.label ?? usual;
  return [{ value: '', label: label === '' ? 'Usual' : `Usual: ${label}` }, ...choices];
}

/** Texts to choose from where something is typed. */
function suggestionsOf({ devices }: FormPage, flag: string, type: Field['type'], choices: readonly Choice[]) {
  if (flag === 'device') return devices.map(({ device }) => device);
  return type === 'text' ? choices.map(({ value }) => value) : [];
}

function fieldOf(page: FormPage, form: FormState, flag: string): Field {
  const option = form.options.find(({ name }) => flagName(name) === flag);
  const choices = choicesOf(form, flag, option);
  const type = typeOf(form, flag, option, choices);
  const told = option && usualOption(page, option);
  const usual = isOwn(flag) ? usualOwn(page, form, flag) : told === undefined ? '' : valueText(told);
  const words =
    flag === 'data' ? DATA_FIELD : isOwn(flag) ? OWN[flag] : { label: labelOf(option!), help: helpOf(option!) };
  const said = form.said[flag];
  const problem = problemOf(page, form, flag, option);
  return {
    flag,
    ...words,
    type,
    choices: type === 'choice' ? withUsual(flag, choices, usual) : choices,
    text:
      flag === 'data' ? (form.data ?? '') : (page.typed[flag] ?? (type === 'many' || flag === 'method' ? usual : '')),
    usual,
    suggestions: suggestionsOf(page, flag, type, choices),
    ...(said && { said }),
    ...(problem !== undefined && { problem }),
  };
}

/** The sections with their fields. */
export function shownSections(page: FormPage): readonly ShownSection[] {
  const { form } = page;
  if (!form) return [];
  return SECTIONS[page.kind].map((section) => {
    const flags = flagsOf(page, form, section);
    const fields = flags.fields.map((flag) => fieldOf(page, form, flag));
    const more = flags.more.map((flag) => fieldOf(page, form, flag));
    const problems = [...fields, ...more].filter(({ problem }) => problem !== undefined).length;
    return { section, fields, more, problems };
  });
}

/** Mistakes that are about no field that is shown. */
export function otherMistakes(page: FormPage): readonly string[] {
  const { form, check } = page;
  if (!form || check?.key !== keyOfValues(page)) return [];
  const shown = new Set(shownFlags(page, form));
  return check.value.mistakes
    .filter(({ flag }) => flag === undefined || !shown.has(flag))
    .map(({ message }) => message);
}

/** The first field that is wrong; undefined where none is. */
export function firstWrong(page: FormPage): string | undefined {
  return shownSections(page)
    .flatMap(({ fields, more }) => [...fields, ...more])
    .find(({ problem }) => problem !== undefined)?.flag;
}
