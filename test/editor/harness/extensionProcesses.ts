/** The extension's own processes below an editor server. */
import { descendants, type ProcessEntry } from './processes';

const runs = (bundle: string) => (entry: ProcessEntry) => new RegExp(`\\bdist/${bundle}\\.js\\b`).test(entry.command);

export interface ExtensionProcesses {
  readonly server?: ProcessEntry;
  readonly worker?: ProcessEntry;
  readonly loaders: readonly ProcessEntry[];
}

export function extensionProcesses(editorServer: number): ExtensionProcesses {
  const below = descendants(editorServer);
  return {
    server: below.find(runs('server')),
    worker: below.find(runs('worker')),
    loaders: below.filter(runs('loader')),
  };
}
