/** A fingerprint of a PyTorch model. */
import { createHash } from 'node:crypto';
import type { ExportedGraph, ExportedModel } from '../exported';

/**
 * 12 hexadecimal digits from the graphs, the shapes of what they read, and the constants in them; not from where the code is,
 * nor from initial values, which the run's seed decides.
 */
export function fingerprint({ inputs, tensors, training, evaluation }: ExportedModel): string {
  const hash = createHash('sha256');
  const kept = tensors.map(({ source: _source, values, ...tensor }) => {
    if (tensor.kind === 'constant') hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return tensor;
  });
  const text = JSON.stringify([inputs, kept, essence(training), essence(evaluation)], (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
  return hash.update(text).digest('hex').slice(0, 12);
}

/** A graph without its lines, and without the shapes that the exported batch gives it. */
function essence({ nodes, outputs }: ExportedGraph) {
  return {
    outputs,
    nodes: nodes.map((node) => {
      const { shape: _shape, ...kept } = node;
      if (kept.kind !== 'call') return kept;
      const { line: _line, ...call } = kept;
      return call;
    }),
  };
}
