/** The parts of a Keras archive, which is a zip file. */
import { basename } from 'node:path';
import { checkMemory } from '../../../files/memory';
import { unpackWhole, withZip, type ZipEntry, type ZipReader } from '../../../files/zip';
import { UserError, usageError } from '../../../protocol/errors';
import { checkHdf5Start } from './hdf5Start';

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

/** The entry of a name; of several the last one, as Python's reader has it. */
function find({ entries }: ZipReader, name: string): ZipEntry | undefined {
  return entries.findLast((entry) => entry.name === name);
}

async function readText(reader: ZipReader, part: string, name: string): Promise<Uint8Array | undefined> {
  const entry = find(reader, part);
  if (!entry) return undefined;
  checkMemory(`${part} in ${name}, unpacked,`, entry.size, 'text');
  return unpackWhole(reader, entry);
}

async function readWeights(reader: ZipReader, name: string): Promise<Uint8Array | undefined> {
  const entry = find(reader, WEIGHTS);
  if (!entry) return undefined;
  checkMemory(`${name}, unpacked,`, entry.size, 'file');
  for await (const piece of reader.unpack(entry)) {
    checkHdf5Start(piece, entry.size, `the weights in ${name}`);
    break;
  }
  return unpackWhole(reader, entry);
}

/**
 * Unpacks what is needed of the archive at `path`; what it claims to unpack to is checked before, and so is how its weights begin.
 * @throws UserError where it is damaged, is no Keras archive, or takes more memory than a file may.
 */
export function readZip(path: string): Promise<ArchiveParts> {
  const name = basename(path);
  const damaged = (reason: string) =>
    new UserError(`${name} is damaged: ${reason}.`, {
      hint: 'Copy it anew, or save the model again with model.save().',
    });
  const read = async (reader: ZipReader): Promise<ArchiveParts> => {
    const config = await readText(reader, CONFIG, name);
    if (!config) {
      throw usageError(
        `${name} is no Keras archive: it has no ${CONFIG}.`,
        'Save the model with model.save("model.keras").',
      );
    }
    const version = versionIn(await readText(reader, METADATA, name));
    const weights = await readWeights(reader, name);
    return {
      config: Buffer.from(config).toString('utf8'),
      ...(version !== undefined && { version }),
      ...(weights && { weights }),
    };
  };
  return withZip(path, read, damaged);
}
