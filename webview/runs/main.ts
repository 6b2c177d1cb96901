/** Entry of the page with the table of runs. */
import '../shared/base.css';
import './runs.css';
import { connectHost, messageOf } from '../shared/host';
import { startRuns } from './page';
import type { RunsPageState } from './state';

startRuns(connectHost<RunsPageState>(), document.body).catch((error) => {
  document.body.textContent = messageOf(error);
});
