/** A process that has a framework ready before there is anything to load. */
import { statSync } from 'node:fs';
import type { Frame } from '../../../processes/frames';
import type { LoaderQuestion } from '../loaderRunner';
import type { FrameAnswer } from '../pythonFrame';

/** A program that loads models, and how its answer is read. */
export interface LoaderProgram<T> {
  /** As `pythonProcess` takes it. */
  readonly program: string;
  /** @throws FrameError where the frame is no answer. */
  read(frame: Frame): T;
}

/** What a process is made ready in. */
export interface ReadyPlace {
  /** Path of the interpreter. */
  readonly interpreter: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** An answer to a job. */
export interface ReadyAnswer<T> extends FrameAnswer<T> {
  /** Set where it was not the job that failed: the process, which had been ready, is gone. */
  readonly isLost?: true;
}

export interface ReadyProcess<T> {
  ask(question: LoaderQuestion): Promise<ReadyAnswer<T>>;
  /** Whether packages were installed or removed since it was made ready, or it has ended: another one is to be started. */
  isOutdated(): boolean;
  /** Ends it once it has done its jobs. */
  retire(): void;
  /** Ends it at once, with its jobs. */
  end(): void;
}

function changeTimes(folders: readonly string[]): string {
  return JSON.stringify(folders.map((folder) => statSync(folder, { throwIfNoEntry: false })?.mtimeMs));
}

/** What a process says when it is ready, none of which is believed: folders that change with the packages in them. */
export interface Packages {
  haveChanged(): boolean;
}

/** Of the header of a frame; undefined where it says something else. */
export function packagesIn(header: unknown): Packages | undefined {
  const { ready } = (header ?? {}) as { readonly ready?: { readonly folders?: unknown } };
  if (!ready || !Array.isArray(ready.folders)) return undefined;
  const folders = ready.folders.filter((folder): folder is string => typeof folder === 'string');
  const before = changeTimes(folders);
  return { haveChanged: () => changeTimes(folders) !== before };
}
