/**
 * Entry of the process that reads a model file of Keras: no code is run, but what reads HDF5 and zip is not ours, and a damaged file
 * may keep it busy or take much memory. Bundled to `archive.js`.
 */
// First, so that the process is watched before anything else is loaded.
import '../../processes/watched';

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../../protocol/errors';
import { readArchive } from './archive/readArchive';
import { writeAnswer } from './loader/answering';
import type { ArchiveJob, LoadAnswer } from './loaderProtocol';

function failure(error: unknown, file: string): LoadAnswer {
  const message = error instanceof Error ? error.message : String(error);
  const { kind, hint, location } = error instanceof UserError ? error : ({ kind: 'failed' } as UserError);
  return {
    type: 'failure',
    kind,
    message: error instanceof UserError ? message : `${basename(file)} cannot be read: ${message}.`,
    ...(hint !== undefined && { hint }),
    ...(location && { location }),
  };
}

async function run({ file }: ArchiveJob): Promise<void> {
  writeAnswer(
    await readArchive(file).then(
      (description): LoadAnswer => ({ type: 'model', description }),
      (error) => failure(error, file),
    ),
  );
  process.exit(0);
}

void run(JSON.parse(readFileSync(0, 'utf8')) as ArchiveJob);
