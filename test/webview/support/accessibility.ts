/** What axe-core and the layout say of a page. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * Violations that are serious or worse, with what they are about.
 *
 * @param rules Only those; all where absent.
 */
export async function seriousViolations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => 'axe' in window);
  if (!isThere) await page.evaluate(axe.source);
  return page.evaluate(async (only) => {
    const { axe: scope } = window as unknown as { axe: typeof axe };
    const options = {
      resultTypes: ['violations' as const],
      ...(only && { runOnly: { type: 'rule' as const, values: [...only] } }),
    };
    const { violations } = await scope.run(document, options);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`),
      );
  }, rules);
}

/** How often, each a tenth of a second, a page is looked at until all fits: charts take a new width a moment later. */
const LOOKS = 30;

/** What of the view in front does not fit and stays so: wider than the page, cut off, or covered by something else. */
export async function misfits(page: Page): Promise<readonly string[]> {
  for (let look = 1; look < LOOKS; look++) {
    if ((await misfitsNow(page)).length === 0) return [];
    await page.waitForTimeout(100);
  }
  return misfitsNow(page);
}

function misfitsNow(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const wide = scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide, of ${clientWidth}`] : [];
    const visible = (selector: string) =>
      [...document.querySelectorAll<HTMLElement>(selector)].filter(
        (one) => one.offsetParent && one.checkVisibility() && one.getBoundingClientRect().width > 0,
      );
    const cut = visible('.bar-value, .kept, .facts, .run-left, .legend-value')
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
      .map((one) => `cut: ${one.className} "${one.textContent}"`);
    scrollTo(0, 0);
    /** Whether it is scrolled out of a part of the page. */
    const isScrolledAway = (one: HTMLElement, x: number, y: number): boolean => {
      for (let around = one.parentElement; around && around !== document.body; around = around.parentElement) {
        if (!/auto|scroll/.test(getComputedStyle(around).overflow)) continue;
        const { left, top, right, bottom } = around.getBoundingClientRect();
        if (x < left || x > right || y < top || y > bottom) return true;
      }
      return false;
    };
    const covered = visible('[role=tab], vscode-button, vscode-dropdown, input').flatMap((one) => {
      const { left, top, width, height } = one.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      if (y < 0 || y > innerHeight || isScrolledAway(one, x, y)) return [];
      if (x < 0 || x > innerWidth) return [`outside: ${one.textContent}`];
      const found = document.elementFromPoint(x, y);
      return found && (one.contains(found) || found.contains(one)) ? [] : [`covered: ${one.textContent || one.id}`];
    });
    const tracks = new Set(visible('.bar-track').map((one) => Math.round(one.getBoundingClientRect().width)));
    return [...wide, ...cut, ...covered, ...(tracks.size > 1 ? [`tracks of ${[...tracks].join(', ')}`] : [])];
  });
}
