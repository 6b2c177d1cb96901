/** Entry of the heatmap's page. */
import '../shared/base.css';
import './heatmap.css';
import { connectHost, messageOf } from '../shared/host';
import { startHeatmap } from './page';
import type { HeatmapPageState } from './state';

startHeatmap(connectHost<HeatmapPageState>(), document.body).catch((error) => {
  document.body.textContent = messageOf(error);
});
