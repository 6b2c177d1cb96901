/** The layers of a model, without any of its weights. */

import { loadNetwork, parseModelSpecifier } from '../../frontends';
import type { ModelName } from '../../protocol/results';
import { sizeOf } from '../../protocol/tensor';
import { wantedOutput } from '../../request/resolve';
import { settingsFor } from '../../settings/find';
import type { CallHandler } from '../session';

/** The output that the settings of the model name. What is wrong with them is told where they are used, not here. */
async function outputFor(model: ModelName): Promise<string | undefined> {
  const settings = await settingsFor(parseModelSpecifier(model).file).catch(() => ({}));
  return wantedOutput({}, settings);
}

export const describe: CallHandler<'describe'> = async ({ model, unsaved }, { signal, session, trusted }) => {
  const output = await outputFor(model);
  const network = await loadNetwork(model, {
    signal,
    trusted,
    ...(unsaved && { unsaved }),
    ...(output !== undefined && { output }),
  });
  session.descriptions.keep(model, network);
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  return {
    model,
    name: network.name,
    inputShape: network.inputs[0].shape,
    classes: network.classes,
    layers: network.layers.map(({ name, className, source, outputShape, parameters: names, macs }) => ({
      name,
      className,
      source,
      outputShape,
      parameters: names.map((parameterName) => {
        const { shape, prunable } = parameters.get(parameterName)!;
        return { name: parameterName, shape, size: sizeOf(shape), prunable };
      }),
      macs,
    })),
    fingerprint: network.fingerprint,
  };
};
