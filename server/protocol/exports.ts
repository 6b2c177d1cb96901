/** The files of an export of masks. */
import type { MaskFormat } from './worker';

/** The masks that a Python module needs, beside it: `net.masks.safetensors` of `net.masks.py`. */
export function masksBeside(module: string): string {
  return `${module.replace(/\.[^./\\]*$/, '')}.safetensors`;
}

/** Every file that an export to `file` writes, that one first. */
export function exportedFiles(format: MaskFormat, file: string): readonly string[] {
  return format === 'pytorch-snippet' ? [file, masksBeside(file)] : [file];
}
