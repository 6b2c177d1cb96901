/** The layers of a model, without any of its weights. */

import { loadModel } from '../../frontends/keras/loadModel';
import { fingerprint as fingerprintOf } from '../../models/fingerprint';
import { createNetwork } from '../../models/network';
import { sizeOf } from '../../protocol/tensor';
import type { CallHandler } from '../session';

export const describe: CallHandler<'describe'> = async ({ model, unsaved }, { signal, session, trusted }) => {
  const description = await loadModel(model, { signal, trusted, ...(unsaved && { unsaved }) });
  const network = createNetwork(description);
  const fingerprint = fingerprintOf(description);
  session.descriptions.keep(model, fingerprint, description);
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  return {
    model,
    name: network.name,
    inputShape: network.inputShape,
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
    fingerprint,
  };
};
