/** Settings of the section `prunelens` of an editor, as the manifest declares them; server and extension read them here. */
import { ESTIMATE_METHODS } from './catalogue/methods';
import { HIGHEST_SPARSITY, LOWEST_SPARSITY } from './sparsityRange';

export interface LensSettings {
  readonly backend?: string;
  /** The user's Python: a path or a command. */
  readonly python?: string;
  readonly seed?: number;
  readonly defaultMethod: string;
  readonly sparsity: number;
  readonly inlayHints: { readonly enabled: boolean; readonly maximum: number };
  readonly codeLenses: { readonly enabled: boolean };
  /** How weights are scored again after an edit: a criterion for estimates, or `off`; and after how many milliseconds. */
  readonly rescore: { readonly method: string; readonly delay: number };
  /** Whether the shown score is made again, to tell how stable it is. */
  readonly stability: boolean;
  /** The folder of new runs, and further ones whose runs are listed. */
  readonly runs: { readonly folder: string; readonly otherFolders: readonly string[] };
  readonly worker: { readonly memoryLimit?: number };
  /** Data set of models that no prunelens.json names one for. */
  readonly data?: string;
}

export const DEFAULT_SETTINGS: LensSettings = {
  defaultMethod: 'prospr',
  sparsity: 0.98,
  inlayHints: { enabled: true, maximum: 200 },
  codeLenses: { enabled: true },
  rescore: { method: 'magnitude', delay: 400 },
  stability: true,
  runs: { folder: '.prunelens/runs', otherFolders: [] },
  worker: {},
};

type Values = { readonly [name: string]: unknown };

function section(value: unknown, name: string): Values {
  const found = (value as Values | null | undefined)?.[name];
  return typeof found === 'object' && found !== null ? (found as Values) : {};
}

function numberIn(value: unknown, low: number, high: number): number | undefined {
  return typeof value === 'number' && value >= low && value <= high ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.flatMap((one) => text(one) ?? []) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Settings from what a client says; what is missing or no possible value is the default. */
export function parseSettings(value: unknown): LensSettings {
  const all = section({ all: value }, 'all');
  const base = DEFAULT_SETTINGS;
  const hints = section(all, 'inlayHints');
  const rescore = section(all, 'rescore');
  const runs = section(all, 'runs');
  const method = ['off', ...ESTIMATE_METHODS.map(({ name }) => name)].find((name) => name === rescore.method);
  const backend = text(all.backend);
  const data = text(all.data);
  const python = text(all.python);
  const seed = numberIn(all.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const memoryLimit = numberIn(section(all, 'worker').memoryLimit, 1, Number.MAX_SAFE_INTEGER);
  const { enabled } = hints;
  const lensesEnabled = section(all, 'codeLenses').enabled;
  const { stability } = all;
  return {
    ...(backend !== undefined && backend !== 'auto' && { backend }),
    ...(python !== undefined && { python }),
    ...(seed !== undefined && { seed }),
    ...(data !== undefined && { data }),
    defaultMethod: text(all.defaultMethod) ?? base.defaultMethod,
    sparsity: numberIn(all.sparsity, LOWEST_SPARSITY, HIGHEST_SPARSITY) ?? base.sparsity,
    inlayHints: {
      enabled: typeof enabled === 'boolean' ? enabled : base.inlayHints.enabled,
      maximum: numberIn(hints.maximum, 0, 1e6) ?? base.inlayHints.maximum,
    },
    codeLenses: { enabled: typeof lensesEnabled === 'boolean' ? lensesEnabled : base.codeLenses.enabled },
    rescore: { method: method ?? base.rescore.method, delay: numberIn(rescore.delay, 0, 60_000) ?? base.rescore.delay },
    stability: typeof stability === 'boolean' ? stability : base.stability,
    runs: {
      folder: text(runs.folder) ?? base.runs.folder,
      otherFolders: texts(runs.otherFolders) ?? base.runs.otherFolders,
    },
    worker: { ...(memoryLimit !== undefined && { memoryLimit }) },
  };
}
