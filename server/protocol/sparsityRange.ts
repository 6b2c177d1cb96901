/** Sparsities that the editor sets: of its settings, of the heatmap's slider and of *Set Sparsity…*. */
export const LOWEST_SPARSITY = 0;
export const HIGHEST_SPARSITY = 0.9999;
