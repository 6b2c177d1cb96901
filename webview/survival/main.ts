/** Entry of the survival page in the editor. */
import '../report/report.css';
import '../report/editor.css';
import './survival.css';
import { element } from '../shared/elements';
import { connectHost, messageOf } from '../shared/host';
import { type SurvivalPageState, startSurvival } from './page';

startSurvival(connectHost<SurvivalPageState>(), document.body).catch((error) => {
  document.body.replaceChildren(element('main', {}, element('p', { role: 'alert' }, messageOf(error))));
});
