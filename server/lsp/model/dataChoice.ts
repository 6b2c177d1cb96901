/** Which data a model is scored and trained with; asked for once where nothing says it. */
import { type Connection, type MessageActionItem, ShowMessageRequest } from 'vscode-languageserver/node';
import { DATASETS } from '../../protocol/catalogue/datasets';
import { clientRequests } from '../../protocol/editor';
import type { ResultOf } from '../../protocol/messages';
import type { ModelSummary } from '../../protocol/results';
import { settingsFor } from '../../settings/find';
import { cancelled } from '../failures';
import { needsData } from '../methods';
import { ask } from '../sending';
import { writeDataRule } from '../settingsFile/data';
import { plainName } from '../text';
import { summaryOf } from './selectors';
import type { ModelState } from './state';
import type { ModelStore } from './store';

type Choice = NonNullable<ResultOf<typeof clientRequests.chooseData>>;

const KNOWN: readonly (MessageActionItem & { readonly data: string })[] = [
  DATASETS.mnist,
  DATASETS.cifar10,
  DATASETS.fashionMnist,
  DATASETS.noise,
].map(({ title, name }) => ({ title, data: name }));

export interface DataChooser {
  /**
   * What to pass as `data` for a model: undefined where prunelens.json says it, or the method needs none.
   *
   * @param summary Description of the model, for the question.
   * @throws a cancellation where the user is asked and does not choose.
   */
  dataFor(state: ModelState, method: string | undefined, summary?: ModelSummary): Promise<string | undefined>;
  /** As `dataFor`, but without asking: `known` is false where it would. */
  knownFor(state: ModelState, method: string): Promise<{ readonly known: boolean; readonly data?: string }>;
}

export interface DataChooserOptions {
  readonly connection: Connection;
  readonly store: ModelStore;
  readonly isExtension: () => boolean;
  /** Setting `prunelens.data` for a file. */
  readonly fallback: (file: string) => Promise<string | undefined>;
  readonly folderOf: (file: string) => string;
}

export function createDataChooser(options: DataChooserOptions): DataChooser {
  const { connection, store, isExtension, fallback, folderOf } = options;
  const asking = new Map<string, Promise<Choice | null>>();

  const askExtension = (state: ModelState, summary: ModelSummary | undefined): Promise<Choice | null> =>
    ask(connection, clientRequests.chooseData, { model: state.model, inputShape: summary?.inputShape ?? [] });

  const askAnyone = async (state: ModelState): Promise<Choice | null> => {
    const message = `Which data is ${plainName(state.model)} for? A folder of your own can be named as "data" in prunelens.json.`;
    const answer = await connection.sendRequest(ShowMessageRequest.type, {
      type: 3,
      message,
      actions: KNOWN.map(({ title }) => ({ title })),
    });
    const data = KNOWN.find(({ title }) => title === answer?.title)?.data;
    if (data === undefined) return null;
    const write = await connection.sendRequest(ShowMessageRequest.type, {
      type: 3,
      message: 'Write this choice into prunelens.json?',
      actions: [{ title: 'Write' }, { title: 'Only now' }],
    });
    return { data, write: write?.title === 'Write' };
  };

  /** Two actions at once ask one question. */
  const question = (state: ModelState, summary: ModelSummary | undefined): Promise<Choice | null> => {
    const pending = asking.get(state.model);
    if (pending) return pending;
    const asked = (isExtension() ? askExtension(state, summary) : askAnyone(state)).finally(() =>
      asking.delete(state.model),
    );
    asking.set(state.model, asked);
    return asked;
  };

  const knownFor: DataChooser['knownFor'] = async (state, method) => {
    if (!needsData(method)) return { known: true };
    if (state.data !== undefined) return { known: true, data: state.data };
    if ((await settingsFor(state.file)).data !== undefined) return { known: true };
    const data = await fallback(state.file);
    return data === undefined ? { known: false } : { known: true, data };
  };

  return {
    knownFor,
    async dataFor(state, method, summary = summaryOf(state)) {
      // Training needs data whatever the method.
      const known = await knownFor(state, method ?? 'training');
      if (known.known) return known.data;
      const choice = await question(state, summary);
      if (!choice) throw cancelled();
      store.dispatch(state.model, { kind: 'dataChosen', data: choice.data });
      if (choice.write) await writeDataRule(state.file, folderOf(state.file), choice.data);
      return choice.data;
    },
  };
}
