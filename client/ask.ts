/** Questions: each gives a value, or undefined where the user leaves it. */
import { commands, type QuickPickItem, Uri, window, workspace } from 'vscode';
import { type JobStatus, type ModelEntry, serverRequests } from '../server/protocol/editor';
import type { RunSummary } from '../server/protocol/results';
import {
  type Choice,
  formatChoices,
  jobChoices,
  type MaskFile,
  methodChoices,
  modelChoices,
  modelMeant,
  runChoices,
} from './choices';
import { configFor } from './config';
import { percent } from './format';
import { type Answer, parseSparsity } from './input';
import type { Server } from './serverTypes';

/** @param placeHolder Shown where text is typed, until some is. */
export async function pick<T>(
  title: string,
  choices: readonly Choice<T>[],
  { placeHolder }: { readonly placeHolder?: string } = {},
): Promise<T | undefined> {
  const options = {
    title,
    matchOnDescription: true,
    matchOnDetail: true,
    ...(placeHolder !== undefined && { placeHolder }),
  };
  return (await window.showQuickPick(choices as readonly (Choice<T> & QuickPickItem)[], options))?.value;
}

export async function pickMany<T>(title: string, choices: readonly Choice<T>[]): Promise<readonly T[] | undefined> {
  const options = { title, matchOnDescription: true, canPickMany: true as const };
  const items = await window.showQuickPick(choices as readonly (Choice<T> & QuickPickItem)[], options);
  return items && items.length > 0 ? items.map(({ value }) => value) : undefined;
}

/** A typed answer, checked while it is typed. */
export async function askText<T>(
  title: string,
  prompt: string,
  value: string,
  parse: (text: string) => Answer<T>,
): Promise<T | undefined> {
  const validateInput = (text: string) => {
    const answer = parse(text);
    return 'problem' in answer ? answer.problem : undefined;
  };
  const text = await window.showInputBox({ title, prompt, value, validateInput, ignoreFocusOut: true });
  if (text === undefined) return undefined;
  const answer = parse(text);
  return 'value' in answer ? answer.value : undefined;
}

/** Says that there is nothing yet that a command is about, and offers the one that makes it. */
export async function offer(message: string, title: string, command: string): Promise<void> {
  if ((await window.showInformationMessage(message, title)) === title) await commands.executeCommand(command);
}

/**
 * The model that an argument names, else that of the open file or the only one there is, else the one the user picks.
 * @param accept Which models a question is about, where it is not all.
 */
export async function askModel(
  server: Server,
  title: string,
  given: string | undefined,
  accept: (model: ModelEntry) => boolean = () => true,
): Promise<ModelEntry | undefined> {
  const models = await server.request(serverRequests.models, {});
  if (given !== undefined) {
    const known = models.find(({ model }) => model === given);
    if (known) return known;
    const uri = Uri.file(given.replace(/#[^#/\\]*$/, '')).toString();
    const start = { line: 0, character: 0 };
    return { model: given, uri, label: server.nameOf(given), kind: 'model', range: { start, end: start }, scored: [] };
  }
  if (models.length === 0) {
    if (!workspace.isTrusted) throw new Error('This folder is not trusted: models in code are not listed.');
    throw new Error(
      'There is no model of PyTorch, TensorFlow.js or Keras in this workspace. “Why Is This File Not a Model?” tells of an open file what it lacks.',
    );
  }
  const active = window.activeTextEditor?.document.uri.toString();
  const asked = models.filter(accept);
  return modelMeant(asked, active) ?? pick(title, modelChoices(asked, active));
}

export function askMethod(title: string, model: ModelEntry): Promise<string | undefined> {
  return pick(title, methodChoices(configFor(model).defaultMethod, model.scored));
}

export function askSparsity(title: string, start: number): Promise<number | undefined> {
  const prompt = 'How much of the weights is removed, in percent';
  return askText(title, prompt, percent(start).replace(' %', ''), parseSparsity);
}

export function askFormat(title: string): Promise<MaskFile | undefined> {
  return pick(title, formatChoices());
}

export function askRuns(title: string, runs: readonly RunSummary[]): Promise<readonly RunSummary[] | undefined> {
  return pickMany(title, runChoices(runs));
}

export function askRun(title: string, runs: readonly RunSummary[]): Promise<RunSummary | undefined> {
  return pick(title, runChoices(runs));
}

/** The only job there is, or the one the user picks. */
export async function askJob(title: string, jobs: readonly JobStatus[]): Promise<JobStatus | undefined> {
  const choices = jobChoices(jobs);
  return choices.length === 1 ? choices[0].value : pick(title, choices);
}
