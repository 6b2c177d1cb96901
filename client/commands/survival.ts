/** Learning a criterion from a model, and pictures of what it was learned from. */

import { window } from 'vscode';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { askCount, askModel, askText, pick } from '../ask';
import { parsePredictorName } from '../input';
import type { Lens } from '../lens';
import { runWithProgress } from '../progress';
import type { ModelArgument } from './models';

const ITERATIONS = 20;
const MOST_ITERATIONS = 1000;

/** Prunes a model iteratively and learns a predictor for AutoS from it, then shows pictures of both. */
export async function learn(lens: Lens, argument: ModelArgument): Promise<void> {
  const { server } = lens;
  const model = await askModel(server, 'Learn a criterion from which model?', argument.model);
  if (!model) return;
  const label = model.label.replace(/\.\w+$/, '').replace(/[^\w.-]+/g, '-');
  const prompt = 'Name of the predictor; the same name and answers go on with what was interrupted';
  const name = await askText('Learn a criterion', prompt, label, parsePredictorName);
  if (name === undefined) return;
  const iterations = await askCount(
    'Prune in how many iterations?',
    'Each trains the network and removes a part of what is left',
    ITERATIONS,
    MOST_ITERATIONS,
  );
  if (iterations === undefined) return;
  const epochs = await askCount('Train for how many epochs in each?', 'More are slower, and nearer to the truth', 1);
  if (epochs === undefined) return;
  const title = `Learning a criterion from ${model.label}`;
  const wanted = { model: model.model, name, iterations, epochs };
  const { report } = await runWithProgress(server, title, serverCommands.learn, wanted);
  lens.showSurvival(report);
}

/** Opens the pictures of a predictor that was learned in the workspace. */
export async function showSurvival(lens: Lens): Promise<void> {
  const entries = await lens.server.request(serverRequests.survivalReports, {});
  if (entries.length === 0) {
    const learnNow = 'Learn a Criterion…';
    const choice = await window.showInformationMessage('No criterion was learned in this workspace yet.', learnNow);
    if (choice === learnNow) await learn(lens, {});
    return;
  }
  const choices = entries.map(({ name, report }) => ({ label: name, description: report, value: report }));
  const report = choices.length === 1 ? choices[0].value : await pick('Show what survives of which?', choices);
  if (report !== undefined) lens.showSurvival(report);
}
