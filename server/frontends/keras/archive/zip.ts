/** The parts of a Keras archive, which is a zip file. */
import { unzipSync } from 'fflate';
import { checkMemory } from '../../../files/memory';
import { UserError } from '../../../protocol/errors';

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
const METADATA = 'metadata.json';

export interface ArchiveParts {
  /** Topology, as JSON. */
  readonly config: string;
  /** Version of Keras that wrote it. */
  readonly version?: string;
  /** HDF5. */
  readonly weights?: Uint8Array;
}

function versionIn(metadata: Uint8Array | undefined): string | undefined {
  if (!metadata) return undefined;
  try {
    const { keras_version: version } = JSON.parse(Buffer.from(metadata).toString('utf8'));
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Unpacks what is needed of an archive; what it claims to unpack to is checked before.
 * @param name The file, for messages.
 * @throws UserError where it is damaged, is no Keras archive, or takes more memory than a file may.
 */
export function readZip(bytes: Uint8Array, name: string): ArchiveParts {
  let claimed = 0;
  let parts: { readonly [name: string]: Uint8Array };
  try {
    parts = unzipSync(bytes, {
      filter(entry) {
        if (![CONFIG, WEIGHTS, METADATA].includes(entry.name)) return false;
        if (entry.name !== WEIGHTS) checkMemory(`${entry.name} in ${name}, unpacked,`, entry.originalSize, 'text');
        claimed += entry.originalSize;
        checkMemory(`${name}, unpacked,`, claimed, 'file');
        return true;
      },
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} is damaged: it cannot be read as a zip archive.`, {
      hint: 'Copy it anew, or save the model again with model.save().',
    });
  }
  const config = parts[CONFIG];
  if (!config) {
    throw new UserError(`${name} is no Keras archive: it has no ${CONFIG}.`, {
      hint: 'Save the model with model.save("model.keras").',
    });
  }
  const version = versionIn(parts[METADATA]);
  return {
    config: Buffer.from(config).toString('utf8'),
    ...(version !== undefined && { version }),
    ...(parts[WEIGHTS] && { weights: parts[WEIGHTS] }),
  };
}
