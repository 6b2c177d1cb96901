/** The parts of the server, put together. */
import { pathToFileURL } from 'node:url';
import type { Connection } from 'vscode-languageserver/node';
import { createVersions } from '../files/versions';
import { serverNotifications } from '../protocol/editor';
import { DEFAULT_SETTINGS } from '../protocol/editorSettings';
import { plainText, terminalText } from '../protocol/escape';
import type { Selection } from '../protocol/results';
import type { EngineFactory } from '../worker/engine';
import type { Context } from './context';
import { createDocuments } from './documents';
import { createPublisher, type Publisher } from './features/publishing';
import { createFolders } from './folders';
import { createDataChooser } from './model/dataChoice';
import { createDiscovery } from './model/discovery';
import { createLasting, type Lasting } from './model/lasting';
import { createLatest } from './model/latest';
import { createNames } from './model/names';
import { createOtherSeeds, type OtherSeeds } from './model/otherSeeds';
import { createProgress } from './model/progress';
import { createRescoring, type Rescoring } from './model/rescoring';
import { runsPlaces } from './model/runsFolder';
import { createRunWatcher } from './model/runWatcher';
import { checkData, release } from './model/scoring';
import { releasedScores, shownAtLines } from './model/selectors';
import { createStabilityMeasuring } from './model/stability';
import type { ModelState } from './model/state';
import { createModelStore, type ModelStore } from './model/store';
import { createWritten } from './model/written';
import { notify } from './sending';
import type { Session } from './session';

/** Milliseconds in which changes of the status are gathered: progress comes in bursts, and people read slowly. */
const STATUS_GATHER = 50;

export interface Parts {
  readonly session: Session;
  readonly context: Context;
  readonly publisher: Publisher;
  readonly rescoring: Rescoring;
  readonly lasting: Lasting;
  readonly otherSeeds: OtherSeeds;
  /** Ends every compute process, and all that waits for its time. */
  dispose(): Promise<void>;
}

/** Does something once for all the calls within a time. */
function gathered(milliseconds: number, work: () => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    call() {
      timer ??= setTimeout(() => {
        timer = undefined;
        work();
      }, milliseconds);
    },
    dispose: () => clearTimeout(timer),
  };
}

/** Whether a state shows a selection that was not shown before, whose paths are not known yet. */
function createSelectionWatch(): (state: ModelState) => boolean {
  const seen = new Map<string, Selection>();
  return (state) => {
    const selection = shownAtLines(state)?.selection;
    if (!selection || seen.get(state.model) === selection) return false;
    seen.set(state.model, selection);
    return selection.layers.some(({ connected }) => connected === undefined);
  };
}

export function createParts(connection: Connection, createEngine: EngineFactory, session: Session): Parts {
  const { client, isTrusted, isNarrow } = session;
  const log = (message: string) => connection.console.info(terminalText(message));
  const documents = createDocuments(connection);
  const publisher = createPublisher({ connection, client, documents, store: () => store });
  const needsPaths = createSelectionWatch();
  const store: ModelStore = createModelStore(
    () => DEFAULT_SETTINGS.sparsity,
    (state, before) => {
      publisher.changed(state);
      lasting.changed(state, before);
      stability.changed(state);
      release(context, state, releasedScores(before, state));
      if (needsPaths(state)) rescoring.selected(state.model);
    },
  );
  const status = gathered(STATUS_GATHER, () => {
    const combined = folders.status();
    notify(connection, serverNotifications.statusChanged, combined);
    stability.statusChanged(combined);
  });
  const folders = createFolders(createEngine, {
    onStatus: status.call,
    onOutput: (line) => connection.console.log(plainText(line)),
    onLost(folder) {
      for (const { model, file } of store.all())
        if (folders.of(file) === folder) store.dispatch(model, { kind: 'processLost' });
    },
    isTrusted,
    memoryLimit: (uri) => session.settings().known(uri).worker.memoryLimit,
  });
  const settings: Context['settings'] = async (file) => {
    // The folder's settings say how much memory its process may take, once it is started.
    await session.settings().of(pathToFileURL(folders.of(file)).href);
    return session.settings().of(documents.uriOf(file));
  };
  const runs = createRunWatcher({
    places: () => runsPlaces({ folders, settings, isTrusted }),
    onChanged: (list) => notify(connection, serverNotifications.runsChanged, { runs: list }),
  });
  const names = createNames(() => store.all().map(({ model }) => model));
  const data = createDataChooser({
    nameOf: names.of,
    connection,
    store,
    isExtension: () => client().isExtension,
    fallback: async (file) => (await settings(file)).data,
    folderOf: folders.of,
    check: (model, names) => checkData(context, model, names),
    onNote: log,
  });
  const context: Context = {
    connection,
    client,
    isTrusted,
    isNarrow,
    documents,
    discovery: createDiscovery({ documents, store, names, isTrusted, onProblem: log }),
    store,
    folders,
    data,
    nameOf: names.of,
    progress: createProgress(connection, () => client().progress),
    runs,
    written: createWritten(connection),
    versions: createVersions(),
    latest: createLatest(),
    settings,
    async python(file) {
      const chosen = session.chosenPython(folders.of(file));
      if (chosen !== undefined) return { path: chosen, origin: 'the Python extension' };
      const { python } = await settings(file);
      return python === undefined ? undefined : { path: python, origin: 'the setting prunelens.python' };
    },
    notify: (type, params) => notify(connection, type, params),
    log,
  };
  const rescoring = createRescoring(context);
  const lasting = createLasting(() => context);
  const stability = createStabilityMeasuring(() => context);
  return {
    session,
    context,
    publisher,
    rescoring,
    lasting,
    otherSeeds: createOtherSeeds(() => context),
    async dispose() {
      rescoring.dispose();
      stability.dispose();
      publisher.dispose();
      runs.dispose();
      status.dispose();
      await lasting.dispose();
      await folders.dispose();
    },
  };
}
