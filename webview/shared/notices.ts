/** Failures that a page tells, as a part of its state. */

const MOST = 3;

/** With one message more, the oldest ones left out; one that is there already is not repeated. */
export function withNotice(notices: readonly string[], message: string): readonly string[] {
  return notices.includes(message) ? notices : [...notices, message].slice(-MOST);
}

export function withoutNotice(notices: readonly string[], message: string): readonly string[] {
  return notices.filter((one) => one !== message);
}
