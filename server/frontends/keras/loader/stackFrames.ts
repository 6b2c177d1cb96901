/** Call stacks in terms of the user's own files, read through the bundle's source map. */
import { isAbsolute, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { SourceLocation } from '../../../protocol/errors';
import { opener } from './symbolicLinks';

/** Deep enough for recursive builders, shallow enough for a stack overflow to be reported at once. */
const FRAME_LIMIT = 200;

export interface StackFrame {
  readonly location: SourceLocation;
  /** Name of the class whose constructor runs in this frame. */
  readonly constructorName?: string;
}

export interface StackReader {
  /** The user's frames of the code that is running now, innermost first. */
  currentFrames(): readonly StackFrame[];
  /** The user's frames at the place where `error` was made, innermost first; none for a value that is no Error. */
  errorFrames(error: unknown): readonly StackFrame[];
}

interface SourceMapping {
  /** The model file as it was named, which can be by a symbolic link. */
  readonly file: string;
  readonly bundleFile: string;
  readonly sourceMap: string;
  readonly sourceRoot: string;
}

/** The sources of a source map are addresses: characters that an address cannot have are encoded. */
function decodeName(source: string): string {
  try {
    return decodeURIComponent(source);
  } catch {
    return source;
  }
}

function frameMapper({ bundleFile, sourceMap, sourceRoot, file: opened }: SourceMapping) {
  const map = new TraceMap(sourceMap);
  const asOpened = opener(opened);
  const bundleUrl = pathToFileURL(bundleFile).href;
  const isBundle = (name: string): boolean => name === bundleFile || name === bundleUrl;
  return (frame: NodeJS.CallSite): SourceLocation | undefined => {
    const script = frame.getFileName() ?? '';
    const line = frame.getLineNumber();
    const column = frame.getColumnNumber();
    if (line === null || column === null || !isBundle(script)) return undefined;
    const original = originalPositionFor(map, { line, column: column - 1 });
    // Code in a namespace ("tensorflow:…") is not from a file.
    if (original.source === null || /^[a-z-]{2,}:/.test(original.source)) return undefined;
    const source = decodeName(original.source);
    const file = isAbsolute(source) ? source : resolve(sourceRoot, source);
    if (file.includes(`${sep}node_modules${sep}`)) return undefined;
    return { file: asOpened(file), line: original.line, column: original.column + 1 };
  };
}

function formatFrame(frame: NodeJS.CallSite, location: SourceLocation | undefined): string {
  if (!location) return `    at ${frame}`;
  const place = `${location.file}:${location.line}:${location.column}`;
  const name = frame.getFunctionName();
  return name ? `    at ${name} (${place})` : `    at ${place}`;
}

function toStackFrames(
  frames: readonly NodeJS.CallSite[],
  locations: readonly (SourceLocation | undefined)[],
): StackFrame[] {
  return frames.flatMap((frame, index): StackFrame[] => {
    const location = locations[index];
    const constructorName = frame.isConstructor() ? frame.getFunctionName() : null;
    return location ? [{ location, ...(constructorName && { constructorName }) }] : [];
  });
}

/** Hooks V8's stack traces of this process. Traces that the user's code prints show its own lines as well. */
export function installStackReader(mapping: SourceMapping): StackReader {
  const toSource = frameMapper(mapping);
  const framesOfErrors = new WeakMap<object, StackFrame[]>();
  Error.stackTraceLimit = FRAME_LIMIT;
  Error.prepareStackTrace = (error, frames) => {
    const locations = frames.map(toSource);
    framesOfErrors.set(error, toStackFrames(frames, locations));
    return [String(error), ...frames.map((frame, index) => formatFrame(frame, locations[index]))].join('\n');
  };
  const errorFrames = (error: unknown): readonly StackFrame[] => {
    if (!(error instanceof Error)) return [];
    // V8 formats a stack when it is first read.
    void error.stack;
    return framesOfErrors.get(error) ?? [];
  };
  return { currentFrames: () => errorFrames(new Error('here')), errorFrames };
}
