/** Which data sets fit a model: each is opened, as scoring would. */
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../../protocol/errors';
import type { DataCheck } from '../../protocol/worker';
import { openData } from '../../request/data';
import { type LoadedModel, loadForRequests } from '../../request/model';
import { withObjective } from '../../request/objective';
import { resolveRequest } from '../../request/resolve';
import type { RequestFlags } from '../../request/types';
import { flagsOf, loadingOf } from '../prepare';
import type { CallHandler } from '../session';

async function check(loaded: LoadedModel, flags: RequestFlags, data: string): Promise<DataCheck> {
  try {
    const request = resolveRequest({ ...loaded, flags: { ...flags, data } });
    const dataset = await openData(request, await withObjective(loaded.network, request));
    return { data, ...(dataset?.notes && { notes: dataset.notes }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, hint } = error;
    return { data, problem: hint === undefined ? message : `${message} ${hint}` };
  }
}

export const checkData: CallHandler<'checkData'> = async ({ data, ...params }, context) => {
  const { model } = params;
  const flags = flagsOf(params);
  const loading = { ...loadingOf(params, context), onNote: context.session.note };
  const loaded = await loadForRequests(model, flags, context.signal, loading);
  context.session.descriptions.keep(model, loaded.network);
  const checks: DataCheck[] = [];
  for (const one of data) {
    await setImmediate();
    context.signal.throwIfAborted();
    checks.push(await check(loaded, flags, one));
  }
  return checks;
};
