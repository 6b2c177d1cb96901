/** Pictures of a predictor and of the data set that it learned from, as files beside it. */
import { writeFileAtomic } from '../files/atomic';
import { createSurvivalReport, type SurvivalReportRequest, survivalPage } from '../reports/survival';
import { besidePredictor } from './learn';

/**
 * Draws them and writes `….json`, a `SurvivalReport`, and `….html`, a page for a browser.
 *
 * @param out file of the predictor.
 */
export async function writePictures(
  out: string,
  request: Omit<SurvivalReportRequest, 'predictors'>,
): Promise<{ readonly report: string; readonly page: string }> {
  const pictures = await createSurvivalReport({ ...request, predictors: [out] });
  const files = { report: `${besidePredictor(out)}.json`, page: `${besidePredictor(out)}.html` };
  await writeFileAtomic(files.report, JSON.stringify(pictures));
  await writeFileAtomic(files.page, survivalPage(pictures));
  return files;
}
