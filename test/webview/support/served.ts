/** A page for the tests of one file: its browser and server are there from before them until after them. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Answer, launch, type OpenOptions, type OpenPage, openPage, type PageServer, servePage } from './browser';

/** Machines that run tests are busy ones. */
export const eventually = <Value>(value: () => Value) => expect.poll(value, { timeout: 15_000 });

/** Call at the top of a `describe`; what it gives opens the page with a host that answers. */
export function useServedPage(
  name: Parameters<typeof servePage>[0],
): (answer: Answer, options?: OpenOptions) => Promise<OpenPage> {
  let browser: Browser;
  let server: PageServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), servePage(name)]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  return (answer, options) => openPage(browser, server, answer, options);
}
