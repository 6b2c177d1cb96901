/** Watching folders by the system. */
import { existsSync, type FSWatcher, watch } from 'node:fs';

export interface FolderWatches {
  /** Watches what is in a folder, or, with `recursive`, all that is below it; nothing where it is not there, or watched already. */
  watch(folder: string, recursive: boolean): void;
  dispose(): void;
}

/** @param changed Something in a folder may have changed. */
export function createFolderWatches(changed: () => void): FolderWatches {
  const watchers = new Map<string, FSWatcher>();
  let disposed = false;
  return {
    watch(folder, recursive) {
      if (disposed || watchers.has(folder) || !existsSync(folder)) return;
      try {
        const watcher = watch(folder, { recursive, persistent: false }, () => {
          if (!existsSync(folder)) forget();
          changed();
        });
        // A folder that is deleted is watched again when it is back.
        const forget = () => {
          watcher.close();
          watchers.delete(folder);
        };
        watcher.on('error', forget);
        watchers.set(folder, watcher);
      } catch {
        // Where the system cannot watch, changes are seen when the list is asked for.
      }
    },
    dispose() {
      disposed = true;
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
