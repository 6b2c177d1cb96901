/**
 * Errors meant for people: what was wrong, where, and what to do about it. Everything else that is thrown is a defect
 * of PruneLens and is reported with its stack.
 */

/** A place in a file of the user; `line` and `column` count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `failed`: the work could not be done (exit code 1); `usage`: it was asked for wrongly (exit code 2). */
export type FailureKind = 'failed' | 'usage';

/**
 * What else would help: other data, or to say what the model takes; an editor asks for it. `source` is a mistake in the text of a file,
 * which an editor that knows the language marks itself.
 */
export type FailureSubject = 'data' | 'inputs' | 'source';

export interface UserErrorOptions {
  readonly kind?: FailureKind;
  readonly location?: SourceLocation;
  readonly hint?: string;
  readonly about?: FailureSubject;
  /** The setting that it is about, as prunelens.json has it: `optimizer.momentum`. */
  readonly setting?: string;
}

/** A failure with a message for the user. Thrown anywhere, shown as one message without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly kind: FailureKind;
  readonly location: SourceLocation | undefined;
  /** What the user can do about it, one sentence. */
  readonly hint: string | undefined;
  readonly about: FailureSubject | undefined;
  readonly setting: string | undefined;

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message);
    this.kind = options.kind ?? 'failed';
    this.location = options.location;
    this.hint = options.hint;
    this.about = options.about;
    this.setting = options.setting;
  }
}

/** The same failure, told to be about the data. */
export function aboutData({ message, kind, hint, location }: UserError): UserError {
  return new UserError(message, {
    kind,
    about: 'data',
    ...(hint !== undefined && { hint }),
    ...(location && { location }),
  });
}

/** Shorthand for a wrong use of a command, an option or a setting. */
export function usageError(message: string, hint?: string, location?: SourceLocation): UserError {
  return new UserError(message, { kind: 'usage', ...(hint !== undefined && { hint }), ...(location && { location }) });
}

/** The same for the value of a setting, or of the option that stands for it. */
export function settingError(setting: string, message: string, hint?: string): UserError {
  return new UserError(message, { kind: 'usage', setting, ...(hint !== undefined && { hint }) });
}

/** `file:line:column: message` and the hint on a line of its own. */
export function formatError(error: UserError): string {
  const { location, hint } = error;
  const place = location ? `${location.file}:${location.line}:${location.column}: ` : '';
  return `${place}${error.message}${hint ? `\n${hint}` : ''}`;
}
