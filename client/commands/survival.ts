/** Pictures of what criteria were learned from. */

import { serverRequests } from '../../server/protocol/editor';
import { offer, pick } from '../ask';
import type { Lens } from '../lens';

/** Opens the pictures of a predictor that was learned in the workspace. */
export async function showSurvival(lens: Lens): Promise<void> {
  const entries = await lens.server.request(serverRequests.survivalReports, {});
  if (entries.length === 0) {
    return offer('No criterion was learned in this workspace yet.', 'Learn a Criterion…', 'prunelens.learn');
  }
  const choices = entries.map(({ name, report }) => ({ label: name, description: report, value: report }));
  const report = choices.length === 1 ? choices[0].value : await pick('Show what survives of which?', choices);
  if (report !== undefined) lens.showSurvival(report);
}
