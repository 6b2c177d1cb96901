/** Entry of the page with the architecture graph. */
import '../shared/base.css';
import './architecture.css';
import { connectHost, messageOf } from '../shared/host';
import { startArchitecture } from './page';
import type { ArchitecturePageState } from './state';

startArchitecture(connectHost<ArchitecturePageState>(), document.body).catch((error) => {
  document.body.textContent = messageOf(error);
});
