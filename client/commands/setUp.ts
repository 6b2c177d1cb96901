/** Asking how a definition that needs arguments is made. */
import { basename } from 'node:path';
import { Uri, window } from 'vscode';
import { type ModelEntry, serverCommands, serverRequests } from '../../server/protocol/editor';
import { PYTHON_EXTENSION, splitModelName } from '../../server/protocol/modelNames';
import { parseModelInput } from '../../server/protocol/modelSetup';
import { askModel } from '../ask';
import type { Lens } from '../lens';
import { type ModelArgument, score } from './models';

/** What is wrong with the text of inputs; undefined where nothing is. */
function wrongInput(text: string): string | undefined {
  try {
    for (const input of inputsIn(text)) parseModelInput(input);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Several inputs are separated by spaces. */
function inputsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}

const needsArguments = ({ kind }: ModelEntry) => kind === 'needs-arguments';

export interface SetUpArgument extends ModelArgument {
  /** Whether only the inputs are asked for: it can be made as it is. */
  readonly inputsAlone?: boolean;
}

/** Asks for the expression and the inputs, writes them into prunelens.json, and scores. */
export async function setUp(lens: Lens, argument: SetUpArgument): Promise<void> {
  if (argument.model === undefined && !(await lens.server.request(serverRequests.models, {})).some(needsArguments)) {
    void window.showInformationMessage('No model of this workspace needs arguments: each can be scored as it is.');
    return;
  }
  const model = await askModel(lens.server, 'Set up which model?', argument.model, needsArguments);
  if (!model) return;
  if (argument.inputsAlone === true) return setUpInputs(lens, model);
  const file = basename(Uri.parse(model.uri).fsPath);
  const name = splitModelName(model.model).exportName ?? model.label;
  const isPython = file.endsWith(PYTHON_EXTENSION);
  const start = `${name}(`;
  const construct = await window.showInputBox({
    title: `Set up ${model.label}${isPython ? ' (1 of 2)' : ''}`,
    prompt: `How is it made? A call in the names of ${file}, as it would stand there. It is written into prunelens.json.`,
    value: `${start})`,
    valueSelection: [start.length, start.length],
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim().startsWith(start) && text.trim().endsWith(')') ? undefined : `Call ${name}, as ${start}…)`,
  });
  if (construct === undefined) return;
  // A model of TensorFlow.js says what it takes itself.
  const inputs = isPython ? await askInputs(`Set up ${model.label} (2 of 2)`, model) : '';
  if (inputs === undefined) return;
  await lens.server.execute(serverCommands.setUp, { model: model.model, construct, inputs: inputsIn(inputs) });
  await score(lens, { model: model.model });
}

/** Where nothing says what a model takes: asks for that alone. */
async function setUpInputs(lens: Lens, entry: ModelEntry): Promise<void> {
  const { model, label } = entry;
  const inputs = await askInputs(`Inputs of ${label}`, entry);
  if (inputs === undefined || inputs.trim() === '') return;
  await lens.server.execute(serverCommands.setUp, { model, inputs: inputsIn(inputs) });
  await score(lens, { model });
}

function askInputs(title: string, { channelsLast }: ModelEntry): Thenable<string | undefined> {
  const image = channelsLast ? '32,32,3' : '3,32,32';
  const otherwise = channelsLast ? 'as it declares, or as its data' : 'as its data';
  return window.showInputBox({
    title,
    prompt: `What does it take? Sizes of one example, as ${image}, or 16:int64<100 for token ids below 100; NAME=${image} for each of several. Empty: ${otherwise}.`,
    ignoreFocusOut: true,
    validateInput: wrongInput,
  });
}
