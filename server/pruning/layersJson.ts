import type { SparsityReport } from './report';

/** The layers in the documents of `score` and `prune`; `file` and `line` are null where the source is unknown. */
export function layersJson({ layers }: SparsityReport) {
  return layers.map(
    ({ layer, weight, shape, total, kept, sparsity, connected, effectiveSparsity, source, ...row }) => ({
      layer,
      weight,
      shape,
      total,
      kept,
      sparsity,
      effectiveKept: connected,
      effectiveSparsity,
      nodes: row.nodes,
      effectiveNodes: row.effectiveNodes,
      log10Paths: row.log10Paths,
      file: source?.file ?? null,
      line: source?.line ?? null,
    }),
  );
}
