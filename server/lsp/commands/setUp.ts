/** Saying how a definition is made, and what it takes. */
import { parseModelSpecifier } from '../../frontends';
import { usageError } from '../../protocol/errors';
import { parseModelInput } from '../../protocol/modelSetup';
import { writeModelSetup } from '../settingsFile/models';
import type { Handler } from './handler';

export const setUp: Handler<'setUp'> = {
  async run({ folders }, { model, construct, inputs = [] }) {
    const { file, exportName } = parseModelSpecifier(model);
    const expression = construct?.trim();
    if (expression !== undefined && (!expression.startsWith(`${exportName}(`) || !expression.endsWith(')'))) {
      throw usageError(
        `"${expression}" does not call ${exportName}.`,
        `Write it as in its file: ${exportName}(…), with names of that file.`,
      );
    }
    const parsed = inputs.map(parseModelInput);
    const setup = {
      ...(expression !== undefined && { construct: expression }),
      ...(parsed.length > 0 && { inputs: parsed }),
    };
    return { file: await writeModelSetup(file, folders.of(file), exportName, setup) };
  },
};
