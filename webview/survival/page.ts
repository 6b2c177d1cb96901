/** The survival page in the editor: shows the report that the extension names. */
import type { PageState } from '../../server/protocol/webview';
import { element } from '../shared/elements';
import { type Host, messageOf } from '../shared/host';
import { onThemeChange } from '../shared/theme';
import { createSurvivalView, type SurvivalView } from './view';

export type SurvivalPageState = PageState;

/** Builds the page in `body`, and follows the host to other reports. */
export async function startSurvival(host: Host<SurvivalPageState>, body: HTMLElement): Promise<void> {
  const title = element('h1', {}, 'Which weights survive');
  const place = element('div');
  let view: SurvivalView | undefined;
  let wanted: string | undefined;

  const show = async (report: string | undefined) => {
    wanted = report;
    if (report === undefined) {
      place.replaceChildren('There is nothing to show yet: “Learn a Criterion from This Model…” makes it.');
      return;
    }
    host.keep({ report });
    const contents = await host.request('prunelens/survival', { report });
    // Another one may have been asked for meanwhile.
    if (wanted !== report) return;
    view = createSurvivalView(contents);
    place.replaceChildren(view.root);
    view.draw();
  };
  const fail = (error: unknown) => {
    view = undefined;
    place.replaceChildren(element('p', { role: 'alert' }, messageOf(error)));
  };

  body.replaceChildren(element('main', {}, element('header', {}, title), place));
  host.onEvent((event) => {
    if (event.event === 'selectReport') show(event.report).catch(fail);
  });
  addEventListener('resize', () => view?.draw());
  onThemeChange(() => view?.draw());
  const { report } = await host.action('ready', {});
  await show(report ?? host.kept().report).catch(fail);
}
