/** The architecture graph as a state: the model with what is kept of it, which modules are open, and which node is selected. */
import type { HeatmapState } from '../../server/protocol/editor';
import type { PageState } from '../../server/protocol/webview';
import { withNotice, withoutNotice } from '../shared/notices';
import type { Reducer } from '../shared/store';
import { firstOpened, type Module, modulesAround, moduleTree, shownModules } from './folding';
import { withUses } from './uses';

/** What is kept over a reload. */
export interface ArchitecturePageState extends PageState {
  readonly opened?: readonly string[];
}

export interface ArchitecturePage {
  readonly model?: string;
  /** Undefined until it is there. */
  readonly state?: HeatmapState;
  /** It could not be told. */
  readonly hasFailed?: boolean;
  readonly tree?: Module;
  readonly opened: ReadonlySet<string>;
  /** Path of the selected node. */
  readonly selected?: string;
  /** 1 is the size of text. */
  readonly zoom: number;
  readonly notices: readonly string[];
  /** Counts changes of the theme. */
  readonly theme: number;
}

export type ArchitectureEvent =
  | { readonly kind: 'modelChosen'; readonly model: string }
  | { readonly kind: 'modelTold'; readonly state: HeatmapState; readonly opened?: readonly string[] }
  | { readonly kind: 'moduleToggled'; readonly path: string }
  | { readonly kind: 'allToggled'; readonly isOpen: boolean }
  | { readonly kind: 'selected'; readonly path: string | undefined }
  | { readonly kind: 'moved'; readonly by: number }
  /** The cursor is at a line of a file. */
  | { readonly kind: 'lineShown'; readonly file: string; readonly line: number }
  | { readonly kind: 'zoomed'; readonly zoom: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'noticeClosed'; readonly message: string }
  | { readonly kind: 'themeChanged' };

const ZOOM = { least: 0.1, most: 2 };

export const firstState: ArchitecturePage = { opened: new Set(), zoom: 1, notices: [], theme: 0 };

/** All modules within a module, however deep. */
function allModules({ children }: Module): readonly string[] {
  return children.flatMap((child) => (child.children.length > 0 ? [child.path, ...allModules(child)] : []));
}

/** The nodes that are shown, in the network's order. */
export function shownNodes({ tree, opened }: Pick<ArchitecturePage, 'tree' | 'opened'>): readonly Module[] {
  return tree ? shownModules(tree, opened) : [];
}

function modelTold(
  page: ArchitecturePage,
  told: HeatmapState,
  opened: readonly string[] | undefined,
): ArchitecturePage {
  const state = { ...told, summary: withUses(told.summary) };
  const tree = moduleTree(state.summary);
  const isSame = page.tree !== undefined && JSON.stringify(page.tree) === JSON.stringify(tree);
  if (isSame) return { ...page, state, hasFailed: false };
  return {
    ...page,
    state,
    hasFailed: false,
    tree,
    opened: opened ? new Set(opened) : firstOpened(tree),
    selected: undefined,
  };
}

/** Selects the layer that a line has made, in opened modules; what is selected stays where the line has made that, too. */
function lineShown(page: ArchitecturePage, file: string, line: number): ArchitecturePage {
  const { state, tree } = page;
  if (!state || !tree) return page;
  const { layers } = state.summary;
  const isMade = (place: number) => layers[place].source.some((one) => one.file === file && one.line === line);
  const before = shownNodes(page).find(({ path }) => path === page.selected);
  if (before?.layers.some(isMade)) return page;
  const place = layers.findIndex((_, at) => isMade(at));
  if (place < 0) return page;
  const opened = new Set([...page.opened, ...modulesAround(tree, place)]);
  return { ...page, opened, selected: layers[place].name };
}

function moved(page: ArchitecturePage, by: number): ArchitecturePage {
  const nodes = shownNodes(page);
  const at = nodes.findIndex(({ path }) => path === page.selected);
  const next = nodes[Math.max(0, Math.min(nodes.length - 1, at < 0 ? 0 : at + by))];
  return next ? { ...page, selected: next.path } : page;
}

export const reduce: Reducer<ArchitecturePage, ArchitectureEvent> = (page, event) => {
  switch (event.kind) {
    case 'modelChosen':
      return event.model === page.model ? page : { ...firstState, model: event.model, theme: page.theme };
    case 'modelTold':
      return modelTold(page, event.state, event.opened);
    case 'moduleToggled': {
      const opened = new Set(page.opened);
      if (!opened.delete(event.path)) opened.add(event.path);
      return { ...page, opened, selected: event.path };
    }
    case 'allToggled':
      return { ...page, opened: new Set(event.isOpen && page.tree ? allModules(page.tree) : []) };
    case 'selected':
      return { ...page, selected: event.path };
    case 'moved':
      return moved(page, event.by);
    case 'lineShown':
      return lineShown(page, event.file, event.line);
    case 'zoomed':
      return { ...page, zoom: Math.max(ZOOM.least, Math.min(ZOOM.most, event.zoom)) };
    case 'failed':
      return { ...page, hasFailed: true, notices: withNotice(page.notices, event.message) };
    case 'noticeClosed':
      return { ...page, notices: withoutNotice(page.notices, event.message) };
    case 'themeChanged':
      return { ...page, theme: page.theme + 1 };
  }
};
