/** Entry of the form before work on a model. */
import '../shared/base.css';
import './form.css';
import { connectHost, messageOf } from '../shared/host';
import { startForm } from './page';
import type { FormPageState } from './state';

startForm(connectHost<FormPageState>(), document.body).catch((error) => {
  document.body.textContent = messageOf(error);
});
