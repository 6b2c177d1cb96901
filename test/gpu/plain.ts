/** Plain PyTorch in a process of its own, which does what it is asked to in turns with ours: see `plain.py`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface PlainPytorch {
  /** Has something done. Rejects with an Error that has the last line of what Python said. */
  ask<Answer>(request: { readonly do: string; readonly [name: string]: unknown }): Promise<Answer>;
  close(): Promise<void>;
}

/** Lines of errors that are kept. */
const LAST_LINES = 5;

export function startPlain(python: string, file: string, device: string): PlainPytorch {
  const child = spawn(python, ['-X', 'utf8', '-B', file, device], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  createInterface(child.stderr).on('line', (line) => errors.splice(0, errors.push(line) - LAST_LINES));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', (error) => errors.push(error.message));
  });
  // It is told with the next answer that does not come.
  child.stdin.on('error', () => {});
  return {
    async ask<Answer>(request: { readonly do: string }) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await answers.next();
      if (!done) return JSON.parse(value) as Answer;
      await ended;
      throw new Error(`plain PyTorch ended: ${errors.at(-1) ?? 'it said nothing'}`);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
