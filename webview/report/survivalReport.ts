/** The report of a survival data set: pictures from the JSON in the page. */
import './report.css';
import '../survival/survival.css';
import type { SurvivalReport } from '../../server/protocol/survival';
import { element } from '../shared/elements';
import { createSurvivalView } from '../survival/view';
import { themeButton } from './themeButton';

const view = createSurvivalView(JSON.parse(document.getElementById('survival')!.textContent!) as SurvivalReport);
const header = element('header', {}, element('h1', {}, 'Which weights survive'), themeButton(view.draw));
document.getElementById('report')!.replaceChildren(header, view.root);
addEventListener('resize', view.draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', view.draw);
view.draw();
