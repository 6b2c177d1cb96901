/** The layers of a model, without any of its weights. */
import { createHash } from 'node:crypto';
import { createNetwork } from '../../models/network';
import type { ModelDescription } from '../../protocol/model';
import { sizeOf } from '../../protocol/tensor';
import { loadModel } from '../../workspace/load-model';
import type { CallHandler } from '../session';

/** A hash of what decides scores: not the names of files, nor the lines of layers. */
function fingerprint(description: ModelDescription): string {
  const hash = createHash('sha256');
  const text = JSON.stringify(description, (key, value: unknown) => {
    if (key === 'source' || key === 'file') return undefined;
    if (!(value instanceof Float32Array)) return value;
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return value.length;
  });
  return hash.update(text).digest('hex').slice(0, 16);
}

export const describe: CallHandler<'describe'> = async ({ model, unsaved }, { signal }) => {
  const description = await loadModel(model, { signal, ...(unsaved && { unsaved }) });
  const network = createNetwork(description);
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
    fingerprint: fingerprint(description),
  };
};
