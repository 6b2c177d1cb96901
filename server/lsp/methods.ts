/** The criteria as the language server offers them; the compute process has their mathematics. */

export interface Method {
  readonly name: string;
  readonly title: string;
  readonly needsData: boolean;
}

export const METHODS: readonly Method[] = [
  { name: 'random', title: 'Random', needsData: false },
  { name: 'random-erk', title: 'Random (ERK)', needsData: false },
  { name: 'magnitude', title: 'Magnitude', needsData: false },
  { name: 'snip', title: 'SNIP', needsData: true },
  { name: 'iterative-snip', title: 'Iterative SNIP', needsData: true },
  { name: 'grasp', title: 'GraSP', needsData: true },
  { name: 'synflow', title: 'SynFlow', needsData: false },
  { name: 'force', title: 'FORCE', needsData: true },
  { name: 'prospr', title: 'ProsPr', needsData: true },
  { name: 'ntk-sap', title: 'NTK-SAP', needsData: false },
  { name: 'px', title: 'PX', needsData: true },
  { name: 'fisher-taylor', title: 'Fisher-Taylor', needsData: true },
  { name: 'hutchinson-taylor', title: 'Hutchinson-Taylor', needsData: true },
  { name: 'phew', title: 'PHEW', needsData: false },
  { name: 'autos', title: 'AutoS', needsData: true },
];

/** Title of a criterion; its name where it is not known here. */
export function methodTitle(name: string): string {
  return METHODS.find((method) => method.name === name)?.title ?? name;
}

/** Whether a criterion needs data. One that is not known here is taken to. */
export function needsData(name: string): boolean {
  return METHODS.find((method) => method.name === name)?.needsData ?? true;
}
