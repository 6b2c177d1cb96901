/** The projects of vitest: which folders of test/ belong to which, so that `npm run test:NAME` runs one of them. */

export interface Project {
  /** Folders of test/. */
  readonly folders: readonly string[];
  /** Folders below those that belong to another project. */
  readonly without?: readonly string[];
  /** Whether its tests run what is built into dist/. */
  readonly isBuilt: boolean;
}

export const PROJECTS: { readonly [name: string]: Project } = {
  // Functions and small networks in the reference: no other process, no native library.
  unit: { folders: ['unit', 'webview'], without: ['webview/pages'], isBuilt: false },
  // Thousands of damaged inputs to whatever reads files of others, from a fixed seed.
  fuzz: { folders: ['fuzz'], isBuilt: false },
  // Networks that are trained, model files that are loaded, and every backend against the reference.
  engine: { folders: ['engine', 'parity'], isBuilt: false },
  // The real language server and the real compute process.
  lsp: { folders: ['lsp', 'worker'], isBuilt: true },
  // Pages, in a Chromium.
  pages: { folders: ['webview/pages'], isBuilt: true },
  // The command.
  e2e: { folders: ['cli'], isBuilt: true },
};

/** The names of the projects that a test file belongs to. @param file Its path below test/, with `/`. */
export function projectsOf(file: string): readonly string[] {
  const isIn = (folders: readonly string[] = []) => folders.some((folder) => file.startsWith(`${folder}/`));
  return Object.entries(PROJECTS)
    .filter(([, { folders, without }]) => isIn(folders) && !isIn(without))
    .map(([name]) => name);
}
