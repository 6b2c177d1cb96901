/** `prunelens autos report`: pictures of a survival data set. */
import { writeFileAtomic } from '../../files/atomic';
import { formatPath } from '../../format';
import { createSurvivalReport, type ShownModel, survivalPage } from '../../reports/survival';
import { withExecutor } from '../../request/executor';
import { openModel } from '../../request/model';
import { resolveBackend } from '../../request/resolve';
import { checkOutput } from '../terminal/outputFile';
import { createProgress } from '../terminal/progress';
import { note, printJson } from '../terminal/streams';
import type { SurvivalReportFlags } from './flags';

export async function runSurvivalReport(dataset: string, given: SurvivalReportFlags, signal: AbortSignal) {
  const { predictor: predictors = [], model: specifiers = [], out, ...flags } = given;
  await checkOutput(out);
  const models: ShownModel[] = [];
  for (const specifier of specifiers) models.push(await openModel(specifier, flags, signal, { trusted: true }));
  const asked = models[0]?.request ?? resolveBackend(flags);
  await withExecutor(asked, note, async (executor) => {
    const progress = createProgress('autos report');
    try {
      const onProgress = progress.update;
      const report = await createSurvivalReport({ dataset, predictors, models, executor, signal, onProgress });
      await writeFileAtomic(out, survivalPage(report));
      progress.stop();
      if (flags.json) printJson(report);
      note(`The pictures are in ${formatPath(out)}: open it in a browser.`);
    } finally {
      progress.stop();
    }
  });
}
