/** Quick fixes: what every layer keeps, and which layers are left alone. */
import { usageError } from '../../protocol/errors';
import { scoreModel, showSelection } from '../scoring';
import { shortName } from '../text';
import type { Handler } from './handler';

export const keepAtLeast: Handler<'prunelens.server.keepAtLeast'> = {
  async run(context, { model, minPerLayer }, job) {
    if (!Number.isSafeInteger(minPerLayer) || minPerLayer < 0) {
      throw usageError(`A layer cannot keep ${minPerLayer} weights.`, 'Give a whole number, 0 or more.');
    }
    const sparsity = context.store.get(model)?.sparsity ?? 0;
    return showSelection(context, model, { sparsity, minPerLayer, paths: true }, job);
  },
};

export const excludeLayer: Handler<'prunelens.server.excludeLayer'> = {
  title: ({ layer, model }) => `Scoring ${shortName(model)} without ${layer}`,
  async run(context, { model, layer }, job) {
    const state = context.store.get(model);
    if (!state?.shown) throw usageError(`${shortName(model)} has no score yet.`, 'Score it first.');
    const exclude = [...new Set([...state.exclude, layer])];
    context.store.update(model, { exclude });
    try {
      return (await scoreModel(context, model, { method: state.shown }, job)).selection;
    } catch (error) {
      context.store.update(model, { exclude: state.exclude });
      throw error;
    }
  },
};
