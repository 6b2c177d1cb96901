/** What the client at the other end can do. */
import type { InitializeParams } from 'vscode-languageserver/node';
import type { InitializationOptions } from '../protocol/editor';

export interface ClientFacts {
  /** PruneLens's own extension, with commands and questions of its own. */
  readonly isExtension: boolean;
  readonly trusted: boolean;
  readonly progress: boolean;
  readonly configuration: boolean;
  readonly configurationChanges: boolean;
  readonly watchedFiles: boolean;
  readonly refreshHints: boolean;
  readonly refreshLenses: boolean;
  readonly workspaceFolders: boolean;
  /** Edits of versioned documents, and of files that are made for them. */
  readonly documentChanges: boolean;
  readonly createsFiles: boolean;
}

export function clientFacts({ capabilities, initializationOptions }: InitializeParams): ClientFacts {
  const { workspace, window } = capabilities;
  const options = (initializationOptions ?? {}) as InitializationOptions;
  return {
    isExtension: options.chooseData === true,
    trusted: options.trusted !== false,
    progress: window?.workDoneProgress === true,
    configuration: workspace?.configuration === true,
    configurationChanges: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    watchedFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    refreshHints: workspace?.inlayHint?.refreshSupport === true,
    refreshLenses: workspace?.codeLens?.refreshSupport === true,
    workspaceFolders: workspace?.workspaceFolders === true,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    createsFiles: workspace?.workspaceEdit?.resourceOperations?.includes('create') === true,
  };
}
