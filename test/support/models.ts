/** Model fixtures and what tests ask of their descriptions. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parseModelSpecifier } from '../../server/frontends';
import type { LayerDescription, ModelDescription } from '../../server/frontends/keras/description';
import { type KerasLoadOptions, loadDescription } from '../../server/frontends/keras/loadDescription';
import { UserError } from '../../server/protocol/errors';
import { loaderFiles } from './loaderFiles';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Path of a file in `test/fixtures/models`. */
export function fixture(name: string): string {
  return join(ROOT, 'test', 'fixtures', 'models', name);
}

/** Path of a file in `samples`. */
export function sample(name: string): string {
  return join(ROOT, 'samples', name);
}

/** A new folder with the given files (contents by relative path), gone when the running test ends. */
export function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The description of the model that a specifier names. */
export async function load(specifier: string, options: Partial<KerasLoadOptions> = {}): Promise<ModelDescription> {
  return loadDescription(parseModelSpecifier(specifier), {
    loaderFiles: await loaderFiles(),
    trusted: true,
    ...options,
  });
}

/** The UserError that `action` must end with. */
export async function failureOf(action: Promise<unknown> | (() => unknown)): Promise<UserError> {
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('expected a UserError');
}

export function layerOf(model: ModelDescription, name: string): LayerDescription {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (!layer) throw new Error(`no layer ${name} among ${model.layers.map((candidate) => candidate.name).join(', ')}`);
  return layer;
}

/** `file:line` of each source frame, innermost first, with file names only. */
export function linesOf(layer: LayerDescription): string[] {
  return layer.source.map(({ file, line }) => `${file.split(/[\\/]/).at(-1)}:${line}`);
}

/** The inputs of each call as `layer` or `layer@call`. */
export function callsOf(layer: LayerDescription): string[][] {
  return layer.calls.map((call) =>
    call.map(({ layer: name, call: index }) => (index === 0 ? name : `${name}@${index}`)),
  );
}
