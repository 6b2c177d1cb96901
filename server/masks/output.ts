/** The file of masks that a command is told to write: safetensors, or where it is named `.py` a Python module with the masks beside it. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { withSafetensors } from '../files/safetensors';
import type { Network } from '../models/types';
import { usageError } from '../protocol/errors';
import { exportedFiles, masksBeside } from '../protocol/exports';
import type { MaskFormat } from '../protocol/worker';
import type { Masks } from '../pruning';
import { exportMasksTo, type MaskExport } from './formats';

function formatOf(path: string): MaskFormat {
  return extname(path).toLowerCase() === '.py' ? 'pytorch-snippet' : 'safetensors';
}

/** The files that masks at `path` consist of. */
export function maskFiles(path: string): readonly string[] {
  return exportedFiles(formatOf(path), path);
}

function holdsMasks(path: string): Promise<boolean> {
  return withSafetensors(path, async ({ entries }) => [...entries.values()].every(({ type }) => type === 'BOOL'));
}

/**
 * Looks at the file beside a module, which nobody has named.
 * @throws UserError (usage) where it holds anything but masks for PyTorch.
 */
export async function checkMasksOutput(path: string): Promise<void> {
  if (formatOf(path) === 'safetensors') return;
  const beside = masksBeside(path);
  if (!existsSync(beside) || (await holdsMasks(beside).catch(() => false))) return;
  throw usageError(
    `The masks of ${path} would go into ${beside}, where something else is.`,
    'Choose another name, such as net.masks.py.',
  );
}

/** Writes masks in the format that the name of the file asks for. @throws UserError where it cannot be written. */
export function writePrunedMasks(
  path: string,
  network: Network,
  masks: Masks,
  origin: MaskExport['origin'],
): Promise<void> {
  return exportMasksTo({ format: formatOf(path), file: path, network, masks, origin });
}
