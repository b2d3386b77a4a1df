/**
 * One page of each kind of the built site in a real Chromium: axe finds nothing, light or dark, and the page calls no
 * server but its own. Skipped without Chromium. `npm run check -- docs` builds the site first.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, startBrowser } from '../../../dashboard/test/browser/browser.js';
import { findChromium } from '../../../setup/chromium.mjs';
import { startSiteServer } from './site-server.js';

const CHROMIUM = findChromium(process.env);
if (CHROMIUM === undefined) {
  console.warn("The site's pages are not looked at: there is no Chromium.");
}

const PAGES = [
  ['the first page', '/'],
  ['steps', '/docs/quick-start.html'],
  ['pictures', '/docs/ideas.html'],
  ['diagrams', '/ARCHITECTURE.html'],
  ['a decision', '/docs/decisions/0001-answers-in-append-only-files.html'],
  ['plots', '/examples/'],
  ['commands', '/site/reference/workers.html'],
  ['a document', '/site/reference/run-training.html'],
  ['metrics', '/site/reference/metrics.html'],
  ['the protocol', '/site/reference/protocol.html'],
  ['no page', '/none.html'],
] as const;

describe.skipIf(CHROMIUM === undefined)('a page of the site', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof startSiteServer>>;
  let page: Page;
  const foreign: string[] = [];

  beforeAll(async () => {
    server = await startSiteServer();
    browser = await startBrowser(CHROMIUM ?? '');
    page = await browser.newPage({
      viewport: { width: 1280, height: 860 },
      // Without transitions, so that colours are not checked half-way from light to dark.
      reducedMotion: 'reduce',
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) foreign.push(request.url());
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Light and dark differ in colours alone. */
  async function expectNoFindings(): Promise<void> {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html:not(.dark)').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html.dark').waitFor();
    expect(await axeFindings(page, ['color-contrast', 'link-in-text-block'])).toEqual([]);
  }

  it.each(PAGES)(
    'with %s has no findings of axe, and calls only its own server',
    async (_kind, path) => {
      await page.goto(server.url + path);
      await expectNoFindings();
      expect(foreign).toEqual([]);
    },
  );

  it('is found by the search, which has no findings of axe and calls only its own server', async () => {
    await page.goto(`${server.url}/`);
    await page.getByRole('button', { name: 'Search' }).click();
    await expectNoFindings();
    await page.getByRole('searchbox').fill('temperature');
    await page.getByRole('dialog').getByRole('option').first().waitFor();
    await expectNoFindings();
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(foreign).toEqual([]);
  });
});
