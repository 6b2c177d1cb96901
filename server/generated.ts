/** The files that are written from the catalogue (`npm run generate`) and checked in: editors read them without an engine. */
import { FRONT_ENDS, type FrontEnd } from './frontends';
import { AUTO } from './protocol/catalogue/backends';
import type { Catalogue, MethodDefinition } from './protocol/catalogue/types';
import { CATALOGUE } from './request/catalogue';
import { settingsSchema } from './settings/schema';
import { sweepSchema } from './sweep/schema';

interface Setting {
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
}

/** As much of package.json as is looked at. */
export interface Manifest {
  readonly activationEvents: readonly string[];
  readonly contributes: { readonly configuration: { readonly properties: { readonly [setting: string]: Setting } } };
}

/** `ProsPr: effect of …`; what begins with an abbreviation keeps its capital. */
function describeMethod({ title, description }: MethodDefinition): string {
  const isWord = /^[A-Z][a-z]/.test(description) && !/^[A-Z][a-z]+[A-Z]/.test(description);
  return `${title}: ${isWord ? description.charAt(0).toLowerCase() + description.slice(1) : description}`;
}

/** What an editor is told of the files that can hold models. */
export interface ModelFiles {
  /** Identifiers of their languages. */
  readonly languages: readonly string[];
  /** Lower case, without the dot. */
  readonly extensions: readonly string[];
}

function modelFiles(frontEnds: readonly FrontEnd[]): ModelFiles {
  return {
    languages: [...new Set(frontEnds.flatMap(({ languages }) => languages))],
    extensions: frontEnds.flatMap(({ extensions }) => extensions.map((extension) => extension.slice(1))),
  };
}

const ON_LANGUAGE = 'onLanguage:';

/** Of the files of sweeps. */
const SWEEP_LANGUAGE = 'yaml';

/** package.json of an extension that is started by files of these languages, and by sweeps. */
function withLanguages<T extends Manifest>(manifest: T, { languages }: ModelFiles): T {
  const others = manifest.activationEvents.filter((event) => !event.startsWith(ON_LANGUAGE));
  return {
    ...manifest,
    activationEvents: [...[...languages, SWEEP_LANGUAGE].map((language) => ON_LANGUAGE + language), ...others],
  };
}

/** package.json with the methods and backends of the catalogue. */
export function withChoices<T extends Manifest>(manifest: T, { methods, backends }: Catalogue): T {
  const { contributes } = manifest;
  const { properties } = contributes.configuration;
  const backend: Setting = {
    enum: [AUTO, ...backends.map(({ name }) => name)],
    enumDescriptions: ['The fastest backend that works here.', ...backends.map(({ description }) => description)],
  };
  const method: Setting = { enum: methods.map(({ name }) => name), enumDescriptions: methods.map(describeMethod) };
  const quick = methods.filter(({ estimate }) => estimate !== undefined);
  const rescore: Setting = {
    enum: ['off', ...quick.map(({ name }) => name)],
    enumDescriptions: [
      'Results are marked stale until you score again.',
      ...quick.map(({ title, estimate, needsData }) => `${title}: ${estimate}${needsData ? '; needs data' : ''}.`),
    ],
  };
  const changed = {
    ...properties,
    'prunelens.backend': { ...properties['prunelens.backend'], ...backend },
    'prunelens.defaultMethod': { ...properties['prunelens.defaultMethod'], ...method },
    'prunelens.rescore.method': { ...properties['prunelens.rescore.method'], ...rescore },
  };
  const configuration = { ...contributes.configuration, properties: changed };
  return { ...manifest, contributes: { ...contributes, configuration } };
}

/** Every generated file by its path from the root, as the value that it holds as JSON. */
export function generatedFiles(
  manifest: Manifest,
  catalogue: Catalogue = CATALOGUE,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): { readonly [path: string]: unknown } {
  const files = modelFiles(frontEnds);
  return {
    'server/protocol/catalogue/modelFiles.json': files,
    'server/protocol/catalogue/methods.json': catalogue.methods.map(({ options: _, presets: __, ...method }) => method),
    'server/settings/settings.schema.json': settingsSchema(catalogue),
    'server/sweep/sweep.schema.json': sweepSchema(catalogue),
    'package.json': withLanguages(withChoices(manifest, catalogue), files),
  };
}
