/** Choosing other data for a model than it has. */
import { updateOutdated } from '../model/origins';
import { checkTrust } from '../model/scoring';
import type { Handler } from './handler';

export const chooseData: Handler<'chooseData'> = {
  async run(context, { model }) {
    checkTrust(context, model);
    const { store, data } = context;
    const chosen = await data.choose(store.dispatch(model, { kind: 'opened' }));
    await updateOutdated(context, model);
    return { data: chosen };
  },
};
