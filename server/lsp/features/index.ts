/** Answers to the editor: lenses, hints, hovers, quick fixes, symbols. All from states that are there; nothing waits for work. */
import { parseModelSpecifier } from '../../frontends';
import type { Histogram, ModelName } from '../../protocol/results';
import { settingsFor } from '../../settings/find';
import { ruleThatCalls } from '../../settings/modelRules';
import type { Context } from '../context';
import { fileOf } from '../documents';
import { isLost, scoreAtLines } from '../model/selectors';
import type { ModelState } from '../model/state';
import { codeActions } from './codeActions';
import { codeLenses } from './codeLenses';
import { dataCompletions } from './dataCompletions';
import { hoverAt, hoveredWeights } from './hovers';
import { inlayHints } from './inlayHints';
import { maskActions } from './maskActions';
import { ownFileActions } from './ownFileActions';
import { lineOf } from './publishing';
import { followSweeps } from './sweeps';
import { workspaceSymbols } from './symbols';

/** Milliseconds that a hover waits for distributions of scores; without them it shows the rest. */
const HISTOGRAM_PATIENCE = 300;
const HISTOGRAM_BINS = 60;
/** Distributions kept; a hover asks for those of one line. */
const MOST_HISTOGRAMS = 500;

/** Distributions of scores, asked for once each. */
function createHistograms({ folders, store }: Context) {
  const known = new Map<string, Promise<Histogram | undefined>>();
  const patience = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), HISTOGRAM_PATIENCE));
  const ask = ({ file, sparsity }: ModelState, scoreId: string, weight: string) => {
    const key = `${scoreId} ${weight}`;
    if (known.size > MOST_HISTOGRAMS) known.clear();
    const asked =
      known.get(key) ??
      folders
        .engine(file)
        .call('histogram', { scoreId, weight, bins: HISTOGRAM_BINS, sparsity })
        .catch(() => {
          // A hover without quantiles is better than none; the next one asks again.
          known.delete(key);
          return undefined;
        });
    known.set(key, asked);
    return asked;
  };
  return async (weights: readonly string[]): Promise<ReadonlyMap<string, Histogram>> => {
    const wanted = store.all().flatMap((state) => {
      const score = scoreAtLines(state);
      if (!score || isLost(state)) return [];
      return score.weights
        .filter(({ name }) => weights.includes(name))
        .map(({ name }) => [name, ask(state, score.scoreId, name)] as const);
    });
    const found = wanted.map(async ([name, histogram]) => [name, await Promise.race([histogram, patience()])] as const);
    return new Map((await Promise.all(found)).filter((one): one is [string, Histogram] => one[1] !== undefined));
  };
}

/** Registers the handlers of LSP's own requests. @param refresh Draws lenses again. */
export function answerEditor(context: Context, refresh: () => void): void {
  const { connection, documents, discovery, store, folders } = context;
  const histograms = createHistograms(context);
  const sweeps = followSweeps(context, refresh);

  connection.onCodeLens(async ({ textDocument: { uri } }) => {
    const document = documents.get(uri);
    const file = fileOf(uri);
    if (!document || file === undefined || !(await context.settings(file)).codeLenses.enabled) return [];
    // A settings file with a mistake says nothing; what is wrong with it is told when it is used.
    const { models } = await settingsFor(file).catch(() => ({ models: undefined }));
    const isSetUp = (model: ModelName) => ruleThatCalls(models, parseModelSpecifier(model).exportName) !== undefined;
    const client = context.client().isExtension ? 'extension' : 'other';
    const ofModels = codeLenses(discovery.inDocument(document), store.get, client, isSetUp, context.isTrusted());
    return [...ofModels, ...(context.isTrusted() ? sweeps.lenses(document) : [])];
  });
  connection.languages.inlayHint.on(async ({ textDocument: { uri }, range }) => {
    const file = fileOf(uri);
    const document = documents.get(uri);
    if (file === undefined || !document) return [];
    const { inlayHints: options } = await context.settings(file);
    const view = {
      first: range.start.line,
      last: range.end.line,
      textOf: (line: number) => lineOf(document, line),
      isNarrow: context.isNarrow(),
      follow: documents.follow,
    };
    return inlayHints(store.all(), file, view, options, context.nameOf);
  });
  connection.onHover(async ({ textDocument: { uri }, position: { line } }) => {
    const file = fileOf(uri);
    if (file === undefined) return null;
    const weights = hoveredWeights(store.all(), file, line, documents.follow);
    const found = weights.length > 0 ? await histograms(weights) : new Map<string, Histogram>();
    return hoverAt(store.all(), file, line, documents.follow, found, context.nameOf);
  });
  connection.onCompletion(async ({ textDocument: { uri }, position }) => {
    const document = documents.get(uri);
    if (!document) return [];
    const ofData = await dataCompletions(document, document.offsetAt(position));
    return [...ofData, ...(await sweeps.completions(document, position))];
  });
  connection.onCodeAction(async ({ textDocument: { uri }, range, context: { diagnostics } }) => {
    const file = fileOf(uri);
    return [
      ...(await codeActions(context, diagnostics)),
      ...(file === undefined ? [] : await ownFileActions(context, file, diagnostics)),
      ...(await maskActions(documents.get(uri), range.start.line)),
    ];
  });
  connection.onWorkspaceSymbol(async ({ query }) => workspaceSymbols(await discovery.inFolders(folders.all()), query));
}
