/** Writing the file of a sweep that a form asks for. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { writeFileAtomic } from '../../files/atomic';
import { usageError } from '../../protocol/errors';
import { isSweepFile } from '../../protocol/sweep';
import { formParams } from '../model/forms';
import { checkMayTrain } from '../model/scoring';
import { fileOfModel } from '../model/state';
import type { Handler } from './handler';

export const writeSweep: Handler<'writeSweep'> = {
  async run(context, { model, values }) {
    checkMayTrain(context, model);
    const { documents, folders, written } = context;
    const modelFile = fileOfModel(model);
    const file = resolve(folders.of(modelFile), String(values.file ?? ''));
    if (!isSweepFile(file)) throw usageError('A sweep is written into a file that ends in .yaml.', 'Name one.');
    if (documents.unsaved().some((one) => one.file === file)) {
      throw usageError(`${basename(file)} has changes that are not saved.`, 'Save it first.');
    }
    await written.mayReplace([file], undefined);
    const params = await formParams(context, { model, kind: 'sweep', values });
    const { text } = await folders.engine(modelFile).call('sweepText', { ...params, file });
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, text);
    await written.add([file]);
    return { file };
  },
};
