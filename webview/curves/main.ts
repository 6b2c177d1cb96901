/** Entry of the curves' page. */
import '../shared/base.css';
import './curves.css';
import { connectHost, messageOf } from '../shared/host';
import { startCurves } from './page';
import type { CurvesPageState } from './state';

startCurves(connectHost<CurvesPageState>(), document.body).catch((error) => {
  document.body.textContent = messageOf(error);
});
