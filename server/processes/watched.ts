/**
 * Begins the watch over this process, where its parent has set one. To be the first import of a program, so that it is watched
 * before anything that takes time is loaded.
 */
import { takeWatch, type Watch, watchProcess } from './watchProcess';

function begin(): Watch | undefined {
  const watch = takeWatch();
  if (watch) watchProcess(watch);
  return watch;
}

/** The watch over this process; undefined where its parent has set none. */
export const watch = begin();
