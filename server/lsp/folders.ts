/** Workspace folders, each with an engine whose compute processes are started when they are first needed. */
import { dirname, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerStatus } from '../protocol/editor';
import type { Engine, EngineFactory } from '../worker/engine';
import { combineStatuses } from '../worker/lanes';

export interface Folders {
  /** Absolute paths. */
  all(): readonly string[];
  set(paths: readonly string[]): void;
  /** The folder that a file belongs to: the innermost workspace folder, or the file's own folder. */
  of(file: string): string;
  engine(file: string): Engine;
  /** How often the process of a file's folder that does lasting work was lost. */
  losses(file: string): number;
  /** Lets no lasting work start in any folder, or lets it start again. */
  pause(paused: boolean): void;
  /** What all engines do, and whether lasting work is paused. */
  status(): ServerStatus;
  /** The engines that have been used. */
  engines(): readonly Engine[];
  dispose(): Promise<void>;
}

export interface FolderEvents {
  readonly onStatus: () => void;
  readonly onOutput: (line: string) => void;
  /** The process of a folder that has the scores is gone. */
  readonly onLost: (folder: string) => void;
  readonly isTrusted: () => boolean;
  /** MiB, of a folder. */
  readonly memoryLimit: (folderUri: string) => number | undefined;
}

export function createFolders(createEngine: EngineFactory, events: FolderEvents): Folders {
  const engines = new Map<string, Engine>();
  const losses = new Map<string, number>();
  let paths: readonly string[] = [];
  let paused = false;
  const isInside = (file: string, folder: string) =>
    file === folder || file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  const of = (file: string) =>
    paths
      .filter((folder) => isInside(file, folder))
      .toSorted((a, b) => b.length - a.length)
      .at(0) ?? dirname(file);
  return {
    all: () => paths,
    set(next) {
      for (const [folder, engine] of engines) {
        if (!paths.includes(folder) || next.includes(folder)) continue;
        engines.delete(folder);
        void engine.dispose();
      }
      paths = next;
    },
    of,
    engine(file) {
      const folder = of(file);
      const known = engines.get(folder);
      if (known) return known;
      const memoryLimitMiB = events.memoryLimit(pathToFileURL(folder).href);
      const engine = createEngine({
        cwd: folder,
        isTrusted: events.isTrusted,
        onStatus: events.onStatus,
        onOutput: events.onOutput,
        onLost(what) {
          if (what === 'work') losses.set(folder, (losses.get(folder) ?? 0) + 1);
          else events.onLost(folder);
        },
        ...(memoryLimitMiB !== undefined && { memoryLimitMiB }),
      });
      if (paused) engine.pause(true);
      engines.set(folder, engine);
      return engine;
    },
    losses: (file) => losses.get(of(file)) ?? 0,
    pause(next) {
      paused = next;
      for (const engine of engines.values()) engine.pause(next);
      // Where none is used yet, nobody else tells it.
      events.onStatus();
    },
    status: () => ({
      ...combineStatuses([...engines.values()].map((engine) => engine.status())),
      ...(paused && { paused: true as const }),
    }),
    engines: () => [...engines.values()],
    async dispose() {
      const all = [...engines.values()];
      engines.clear();
      await Promise.allSettled(all.map((engine) => engine.dispose()));
    },
  };
}
