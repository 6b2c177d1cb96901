/** Entry of the heatmap's page. */
import '../shared/base.css';
import './heatmap.css';
import { connectHost, messageOf } from '../shared/host';
import { type HeatmapPageState, startHeatmap } from './page';

startHeatmap(connectHost<HeatmapPageState>(), document.body).catch((error) => {
  document.body.textContent = messageOf(error);
});
