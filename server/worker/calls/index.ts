/** Every call of `WorkerCalls` with what answers it. */
import type { CallHandlers } from '../session';
import { backends } from './backends';
import { checkData } from './checkData';
import { compare } from './compare';
import { describe } from './describe';
import { exportMasks } from './exportMasks';
import { forget } from './forget';
import { checkForm, formChoices, sweepText, trainingCosts } from './form';
import { histogram } from './histogram';
import { learn } from './learn';
import { overlap } from './overlap';
import { python } from './python';
import { restoreScore, score } from './score';
import { search } from './search';
import { select } from './select';
import { setupTensorflow } from './setupTensorflow';
import { shrink } from './shrink';
import { stability } from './stability';
import { checkSweep, completeSweep, sweep } from './sweep';
import { tile } from './tile';
import { train } from './train';
import { weight } from './weight';
import { writeMasks } from './writeMasks';

export const handlers: CallHandlers = {
  describe,
  score,
  restoreScore,
  stability,
  checkData,
  forget,
  select,
  tile,
  weight,
  histogram,
  overlap,
  writeMasks,
  train,
  compare,
  learn,
  search,
  shrink,
  sweep,
  formChoices,
  checkForm,
  trainingCosts,
  checkSweep,
  completeSweep,
  sweepText,
  exportMasks,
  backends,
  python,
  setupTensorflow,
};
