/**
 * Options that need no engine: of models, of training, and of how methods choose and train. Criteria declare their own
 * beside their scores (`pruning/`, `autos/criterion.ts`). Defaults are here, and nowhere else; what has none takes its
 * default from other values (that of `lr` depends on the optimizer).
 */
export * from './channels';
export * from './checks';
export * from './methods';
export * from './model';
export * from './objective';
export * from './training';
export * from './work';
