/** `prunelens autos report`: pictures of a survival data set. */
import { writeFileAtomic } from '../../files/atomic';
import { formatPath } from '../../format';
import { withExecutor } from '../../preparation/executor';
import { prepareModel } from '../../preparation/model';
import { checkOutputFile } from '../../preparation/output';
import { createSurvivalReport, type ShownModel, survivalPage } from '../../preparation/survivalReport';
import { createProgress } from '../terminal/progress';
import { note, printJson } from '../terminal/streams';
import type { SurvivalReportFlags } from './report-options';

export async function runSurvivalReport(dataset: string, given: SurvivalReportFlags, signal: AbortSignal) {
  const { predictor: predictors = [], model: specifiers = [], out, ...flags } = given;
  await checkOutputFile(out);
  const models: ShownModel[] = [];
  for (const specifier of specifiers)
    models.push({ model: await prepareModel(specifier, flags, signal, { trusted: true }), flags });
  await withExecutor(flags, models[0]?.model.settings ?? {}, note, async (executor) => {
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
