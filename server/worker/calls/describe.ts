/** The layers of a model, without any of its weights. */

import { sizeOf } from '../../protocol/tensor';
import { loadForRequests } from '../../request/model';
import type { CallHandler } from '../session';

export const describe: CallHandler<'describe'> = async ({ model, unsaved, python }, { signal, session, trusted }) => {
  const loading = { trusted, ...(unsaved && { unsaved }) };
  const { network } = await loadForRequests(model, python ? { editorPython: python } : {}, signal, loading);
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
