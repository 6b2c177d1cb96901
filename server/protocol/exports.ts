/** The files of an export of masks. */
import type { MaskFormat } from './worker';

/** The masks that a snippet needs, beside it. */
export function masksBeside(snippet: string): string {
  return `${snippet.replace(/\.[^./\\]*$/, '')}.safetensors`;
}

/** Every file that an export to `file` writes, that one first. */
export function exportedFiles(format: MaskFormat, file: string): readonly string[] {
  return format === 'pytorch-snippet' ? [file, masksBeside(file)] : [file];
}
