/** Scoring, and what is shown of scores. */
import { ShowMessageRequest } from 'vscode-languageserver/node';
import { cancelled } from '../failures';
import { methodTitle } from '../methods';
import { checkTrust, scoreModel } from '../model/scoring';
import { showSelection } from '../model/selecting';
import { resultsOf, validScore } from '../model/selectors';
import { fileOfModel } from '../model/state';
import { percent } from '../text';
import { checkSparsity, type Handler } from './handler';

const OFFERED_SPARSITIES = [0.9, 0.95, 0.98, 0.99];

export const score: Handler<'score'> = {
  title: ({ model, method }, nameOf) =>
    `Scoring ${nameOf(model)}${method === undefined ? '' : ` by ${methodTitle(method)}`}`,
  async run(context, { model, method, sparsity }, job) {
    checkSparsity(sparsity);
    checkTrust(context, model);
    const { defaultMethod, sparsity: aim } = await context.settings(fileOfModel(model));
    // The first score of a model aims at what the settings say.
    if (!context.store.get(model)) context.store.dispatch(model, { kind: 'aimed', sparsity: aim });
    const request = { method: method ?? defaultMethod, ...(sparsity !== undefined && { sparsity }) };
    return scoreModel(context, model, request, job);
  },
};

export const prune: Handler<'prune'> = {
  title: ({ model }, nameOf) => `Pruning ${nameOf(model)}`,
  async run(context, { model, method, sparsity }, job) {
    checkSparsity(sparsity);
    checkTrust(context, model);
    let aim = sparsity;
    if (aim === undefined) {
      const answer = await context.connection.sendRequest(ShowMessageRequest.type, {
        type: 3,
        message: `Which part of ${context.nameOf(model)} is to be removed?`,
        actions: OFFERED_SPARSITIES.map((one) => ({ title: percent(one) })),
      });
      aim = OFFERED_SPARSITIES.find((one) => percent(one) === answer?.title);
      if (aim === undefined) throw cancelled();
    }
    const state = context.store.get(model);
    const wanted =
      method ?? (state && resultsOf(state)?.shown) ?? (await context.settings(fileOfModel(model))).defaultMethod;
    if (validScore(state, wanted, aim)) {
      return showSelection(context, model, { method: wanted, sparsity: aim, paths: false, renew: false }, job);
    }
    return (await scoreModel(context, model, { method: wanted, sparsity: aim }, job)).selection;
  },
};

export const setSparsity: Handler<'setSparsity'> = {
  async run(context, { model, sparsity }, job) {
    checkSparsity(sparsity);
    return showSelection(context, model, { sparsity, paths: false, renew: true }, job);
  },
};
