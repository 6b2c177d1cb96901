/**
 * Which data a model is scored and trained with. What prunelens.json says counts before anything that was chosen here; where
 * nothing says it, the user is asked, once for the models of a folder.
 */
import { dirname } from 'node:path';
import { type Connection, type MessageActionItem, ShowMessageRequest } from 'vscode-languageserver/node';
import { DATASETS } from '../../protocol/catalogue/datasets';
import { clientRequests } from '../../protocol/editor';
import { aboutData, usageError } from '../../protocol/errors';
import type { ResultOf } from '../../protocol/messages';
import type { ModelName, ModelSummary } from '../../protocol/results';
import type { DataCheck } from '../../protocol/worker';
import { settingsFor } from '../../settings/find';
import { cancelled } from '../failures';
import { needsData } from '../methods';
import { ask } from '../sending';
import { writeDataRule } from '../settingsFile/data';
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
   * @throws UserError (about data) where what the user chooses does not fit; a cancellation where nothing is chosen.
   */
  dataFor(state: ModelState, method: string | undefined, summary?: ModelSummary): Promise<string | undefined>;
  /** As `dataFor`, but without asking: `known` is false where it would. */
  knownFor(state: ModelState, method: string): Promise<{ readonly known: boolean; readonly data?: string }>;
  /** Asks for other data than the model has, and keeps the answer. Errors are those of `dataFor`. */
  choose(state: ModelState): Promise<string>;
}

export interface DataChooserOptions {
  readonly connection: Connection;
  readonly store: ModelStore;
  readonly isExtension: () => boolean;
  /** Setting `prunelens.data` for a file. */
  readonly fallback: (file: string) => Promise<string | undefined>;
  readonly folderOf: (file: string) => string;
  readonly nameOf: (model: ModelName) => string;
  /** Which data sets fit a model. */
  readonly check: (model: ModelName, data: readonly string[]) => Promise<readonly DataCheck[]>;
  /** Told how data is read, where that is not plain. */
  readonly onNote: (note: string) => void;
}

/** Asks a client that has no question of its own: only for data that fits. */
async function askAnyone(
  { connection, check, nameOf }: DataChooserOptions,
  { model }: ModelState,
): Promise<Choice | null> {
  const checks = await check(
    model,
    KNOWN.map(({ data }) => data),
  );
  const fits = (name: string) => checks.some(({ data, problem }) => data === name && problem === undefined);
  const fitting = KNOWN.filter(({ data }) => fits(data));
  const message = `Which data is ${nameOf(model)} for? A folder of your own can be named as "data" in prunelens.json.`;
  const actions = fitting.map(({ title }) => ({ title }));
  const answer = await connection.sendRequest(ShowMessageRequest.type, { type: 3, message, actions });
  const data = fitting.find(({ title }) => title === answer?.title)?.data;
  if (data === undefined) return null;
  const write = await connection.sendRequest(ShowMessageRequest.type, {
    type: 3,
    message: 'Write this choice into prunelens.json?',
    actions: [{ title: 'Write' }, { title: 'Only now' }],
  });
  return { data, write: write?.title === 'Write' };
}

export function createDataChooser(options: DataChooserOptions): DataChooser {
  const { connection, store, isExtension, fallback, folderOf, check, onNote } = options;
  const asking = new Map<ModelName, Promise<Choice | null>>();
  /** What was chosen last for a model in a folder. */
  const ofFolders = new Map<string, Choice & Pick<ModelState, 'model' | 'file'>>();

  const askExtension = (
    { model }: ModelState,
    summary: ModelSummary | undefined,
    writes: boolean,
  ): Promise<Choice | null> => {
    const inputShape = summary?.inputShape ?? [];
    return ask(connection, clientRequests.chooseData, { model, inputShape, ...(writes && { writes: true as const }) });
  };

  /** Two actions at once ask one question; `writes` where the answer is written down in any case. */
  const question = (state: ModelState, summary: ModelSummary | undefined, writes = false): Promise<Choice | null> => {
    const pending = asking.get(state.model);
    if (pending) return pending;
    const asked = (isExtension() ? askExtension(state, summary, writes) : askAnyone(options, state))
      .then((choice) => choice && { ...choice, write: writes || choice.write })
      .then(async (choice) => {
        if (choice) await keep(state, choice);
        return choice;
      })
      .finally(() => asking.delete(state.model));
    asking.set(state.model, asked);
    return asked;
  };

  /** Keeps a choice that fits: written down, or in mind. Nothing is written of one that does not. */
  const keep = async (state: ModelState, choice: Choice): Promise<void> => {
    const { model, file } = state;
    const [{ problem, notes }] = await check(model, [choice.data]);
    if (problem !== undefined) throw aboutData(usageError(problem));
    notes?.forEach(onNote);
    ofFolders.set(dirname(file), { ...choice, model, file });
    await take(state, choice);
  };

  const take = async ({ model, file }: ModelState, { data, write }: Choice): Promise<void> => {
    // What is written down is read from there: it may be edited or removed.
    if (write) await writeDataRule(file, folderOf(file), data);
    store.dispatch(model, write ? { kind: 'dataForgotten' } : { kind: 'dataChosen', data });
  };

  /** What was chosen for another model of the folder and still counts for that, where it fits this one too. */
  const fromFolder = async (state: ModelState): Promise<Choice | undefined> => {
    const chosen = ofFolders.get(dirname(state.file));
    if (!chosen || chosen.model === state.model) return undefined;
    const counts = chosen.write
      ? (await settingsFor(chosen.file)).data !== undefined
      : store.get(chosen.model)?.data === chosen.data;
    if (!counts) return undefined;
    const [{ problem }] = await check(state.model, [chosen.data]);
    if (problem !== undefined) return undefined;
    await take(state, chosen);
    return chosen;
  };

  const knownFor: DataChooser['knownFor'] = async (state, method) => {
    if (!needsData(method)) return { known: true };
    if ((await settingsFor(state.file)).data !== undefined) {
      store.dispatch(state.model, { kind: 'dataForgotten' });
      return { known: true };
    }
    const data = store.get(state.model)?.data ?? (await fallback(state.file));
    return data === undefined ? { known: false } : { known: true, data };
  };

  return {
    knownFor,
    async dataFor(state, method, summary = summaryOf(state)) {
      // Training needs data whatever the method.
      const known = await knownFor(state, method ?? 'training');
      if (known.known) return known.data;
      const choice = (await fromFolder(state)) ?? (await question(state, summary));
      if (!choice) throw cancelled();
      return choice.data;
    },
    async choose(state) {
      // The file counts before anything else, so what is to count must be in it.
      const isSaid = (await settingsFor(state.file)).data !== undefined;
      const choice = await question(state, summaryOf(state), isSaid);
      if (!choice) throw cancelled();
      return choice.data;
    },
  };
}
