/** The layers of a model, without any of its weights. */

import { parseModelSpecifier } from '../../frontends';
import { type Connections, connectionsOf } from '../../models/connections';
import type { Network } from '../../models/types';
import { UserError } from '../../protocol/errors';
import { sizeOf } from '../../protocol/tensor';
import { loadWith } from '../../request/model';
import { settingsFor } from '../../settings/find';
import type { CallHandler } from '../session';

/** Undefined of a model whose code fixes another batch. */
function connectionsIn(network: Network): Connections | undefined {
  try {
    return connectionsOf(network);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

export const describe: CallHandler<'describe'> = async ({ model, unsaved, python }, { signal, session, trusted }) => {
  const { keeper, descriptions } = session;
  const source = parseModelSpecifier(model);
  // What is wrong with the settings is told where they are used, not here.
  const settings = await settingsFor(source.file).catch(() => ({}));
  const flags = python ? { editorPython: python } : {};
  const network = await loadWith(source, { flags, settings }, signal, { trusted, keeper, ...(unsaved && { unsaved }) });
  descriptions.keep(model, network);
  const connections = connectionsIn(network);
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
    ...connections,
    fingerprint: network.fingerprint,
    ...(network.reads && { reads: network.reads }),
    ...(network.leftOut && { leftOut: network.leftOut }),
  };
};
