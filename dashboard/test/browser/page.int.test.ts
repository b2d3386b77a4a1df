/**
 * The built page in a real Chromium, with a server of made-up facts: for people who see it, use a keyboard or a screen
 * reader, and with hostile texts. Skipped without Chromium.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findChromium } from '../../../setup/chromium.mjs';
import { axeFindings, startBrowser } from './browser.js';
import { fakeRun, fakeWorkers, HOSTILE, PAUSED, PLAIN, RUNNING, SUCCEEDED } from './fake-facts.js';
import { type FakeServer, startFakeServer } from './fake-server.js';

const CHROMIUM = findChromium(process.env);
if (CHROMIUM === undefined) {
  console.warn(
    'The browser tests are left out: there is no Chromium; npm run browser-tests has one installed.',
  );
}

/** Each page with a text that is there once the whole page is. */
const PAGES: readonly (readonly [hash: string, text: string])[] = [
  ['#/runs', 'Older runs'],
  [`#/runs/${RUNNING}`, 'Gradient norm'],
  [`#/runs/${SUCCEEDED}`, 'Samples on which student and ensemble differ most'],
  [`#/runs/${PAUSED}`, 'Gradient norm'],
  [`#/runs/${RUNNING}/events`, 'Older events'],
  [`#/runs/${RUNNING}/log`, 'Older lines'],
  ['#/workers', 'Not trusted'],
  [`#/compare?run=${SUCCEEDED}&run=digits-195&run=digits-192`, 'Is the difference real?'],
  ['#/runs/none', 'there is no run none'],
];

/** Limit on a busy machine; an idle one takes far below a second. */
const LIMIT_MS = 120_000;

describe.skipIf(CHROMIUM === undefined)('the dashboard page', () => {
  let browser: Browser;
  let server: FakeServer;
  let complaints: string[];

  beforeAll(async () => {
    browser = await startBrowser(CHROMIUM ?? '');
    server = await startFakeServer(PLAIN);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open(hash: string, options: BrowserContextOptions = {}, at = server) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 860 },
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself logs a refused call.
      const isCall = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isCall) complaints.push(message.text());
    });
    await page.goto(at.url + hash);
    return page;
  }

  async function openAll(
    hash: string,
    text: string,
    options: BrowserContextOptions = {},
    at = server,
  ) {
    const page = await open(hash, options, at);
    await page.getByText(text).first().waitFor();
    return page;
  }

  it.each(PAGES)(
    '%s has no findings of axe, and fits the width of a telephone',
    async (hash, text) => {
      const page = await openAll(hash, text);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeFindings(page)).toEqual([]);
      }
      await page.setViewportSize({ width: 400, height: 800 });
      const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      await vi.waitFor(async () => expect(await page.evaluate(excess)).toBe(0), LIMIT_MS);
      expect(complaints).toEqual([]);
    },
  );

  it.each(['events', 'log'])('shows the messages of %s whole on a telephone', async (part) => {
    const page = await openAll(`#/runs/${RUNNING}/${part}`, 'Older', {
      viewport: { width: 400, height: 800 },
    });
    const excess = 'document.querySelector("section.wide").scrollWidth - innerWidth';
    await vi.waitFor(async () => expect(await page.evaluate(excess)).toBeLessThan(0), LIMIT_MS);
    const cells = page.locator('tbody tr').first().locator('th, td');
    const [when, ...others] = await Promise.all((await cells.all()).map((it) => it.boundingBox()));
    const message = others.at(-1);
    expect(message?.y).toBeGreaterThan((when?.y ?? 0) + (when?.height ?? 0) - 1);
    expect(message?.x).toBe(when?.x);
    expect(await page.getByRole('row').count()).toBe(51);
    expect(await page.getByRole('columnheader', { name: 'Message' }).count()).toBe(1);
  });

  it('shows markup from the server as text', async () => {
    const hostile = await startFakeServer(HOSTILE);
    try {
      for (const [hash, text] of PAGES) {
        const page = await openAll(hash, text, {}, hostile);
        await page.evaluate(
          'for (const more of document.querySelectorAll("details")) more.open = true',
        );
        const questions = page.locator('button', { hasText: '…' });
        if ((await questions.count()) > 0) await questions.first().click();
        if (hash !== '#/runs/none') await page.getByText('<img src=x').first().waitFor();
        expect(
          await page.evaluate(
            '[window.hit, document.querySelectorAll(".injected, img[src=x]").length]',
          ),
        ).toEqual([undefined, 0]);
        expect(await page.title()).not.toContain('undefined');
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    } finally {
      await hostile.close();
    }
  });

  it('can be used with the keyboard alone, from the list of runs to the cancelling of one', async () => {
    const page = await openAll('#/runs', 'Older runs');
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await tabTo(page, RUNNING);
    await page.keyboard.press('Enter');
    await page.getByText('Gradient norm').waitFor();
    expect(await focused()).toBe(`Run ${RUNNING}`);
    expect(await page.title()).toBe(`${RUNNING}: training 62 % – Lyceum`);

    await tabTo(page, 'Cancel …');
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog', { name: `Cancel ${RUNNING}?` });
    await question.waitFor();
    expect(await focused()).toBe('Let it go on');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    expect(await focused()).toBe('Cancel …');
    expect(server.changes).toEqual([]);

    await page.keyboard.press('Enter');
    await question.waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Enter');
    await page.getByLabel('Summary').getByText('cancelling').waitFor();
    expect(server.changes).toEqual([`runs/${RUNNING}/cancel`]);
    await page.locator('[aria-live]', { hasText: `${RUNNING} is now cancelling` }).waitFor();
    // The button is gone, and the focus is on the heading.
    expect(await focused()).toBe(`Run ${RUNNING}`);
  });

  it('has a cursor in all charts that arrow keys move', async () => {
    const page = await openAll(`#/runs/${RUNNING}`, 'Gradient norm');
    const slider = page.getByRole('slider', { name: 'Cursor over the curves of learning' });
    await slider.focus();
    await page.keyboard.press('Home');
    await page.getByText('steps 0 to 121').first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByText('steps 122 to 243').first().waitFor();
    // Every drawn chart has its cursor at the second point; one that is drawn anew follows.
    await vi.waitFor(async () => {
      expect(await slider.getAttribute('aria-valuetext')).toMatch(
        /^steps 122 to 243: loss 2\.\d+, kd 1\./,
      );
      const places = await page.evaluate<string[]>(
        '[...document.querySelectorAll(".u-cursor-x")].map((line) => line.style.transform)',
      );
      expect(places.length).toBeGreaterThan(9);
      expect(places.every((place) => /^translate\(\d+px/.test(place))).toBe(true);
    }, LIMIT_MS);
    await page.keyboard.press('ArrowLeft');
    await page.getByText('steps 0 to 121').first().waitFor();

    await page.locator('.plotted', { hasText: 'Loss by term' }).getByText('Table').click();
    await page.getByRole('table', { name: 'Loss by term' }).getByRole('rowheader').last().waitFor();
  });

  it('shows curves of the chosen range of steps', async () => {
    const page = await openAll(`#/runs/${RUNNING}`, 'Gradient norm');
    await page.getByLabel('Steps from').fill('1000');
    await page.getByLabel('Steps from').press('Enter');
    await page.getByLabel('to', { exact: true }).fill('1512');
    await page.getByLabel('to', { exact: true }).press('Enter');
    await page.getByText('step 1,511').first().waitFor();
    await page.getByText('All steps').click();
    await page.getByText('steps 61,976 to 61,999').first().waitFor();
  });

  it('shows and announces changes of a run, a lost connection and a deleted run', async () => {
    const page = await openAll('#/runs', 'Older runs');
    const row = server.row(RUNNING);
    const line = page.getByRole('row').filter({ hasText: RUNNING });
    // The first event repeats what the page already has.
    server.say('runs', [row]);
    server.say('runs', [{ ...row, step: 70_000 }]);
    await line.getByText('70 %').waitFor();

    await line.getByRole('link').click();
    await page.getByText('Gradient norm').waitFor();
    const run = fakeRun({ ...row, state: 'SUCCEEDED', step: 100_000 }, PLAIN);
    await sayUntil(page, 'Samples on which student and ensemble differ most', () =>
      server.say('run', run),
    );
    expect(await page.title()).toBe(`${RUNNING}: succeeded – Lyceum`);
    await page.locator('[aria-live]', { hasText: `${RUNNING} is now succeeded` }).waitFor();

    server.setStreaming(false);
    await page.getByText('Not connected').waitFor();
    server.setStreaming(true);
    await page.getByText('Not connected').waitFor({ state: 'detached' });
    await sayUntil(page, 'no longer exists', () => server.say('gone', [RUNNING]));
  });

  it('keeps its content while the server refuses it, and shows the message', async () => {
    const page = await openAll(`#/runs/${RUNNING}`, 'Gradient norm');
    await page.route('**/api/**', (route) => route.abort());
    const isRefused = page.waitForEvent('requestfailed', (request) =>
      request.url().includes('history'),
    );
    server.setRefusal('open the address that it has printed');
    await isRefused;
    await page.unrouteAll();
    await page.getByText('Not connected: open the address that it has printed').waitFor();
    expect(await page.getByText('Gradient norm').count()).toBe(1);
    server.setRefusal(null);
    await page.getByText('Not connected').waitFor({ state: 'detached' });
  });

  it.each([
    [`#/runs/${RUNNING}/events`, 'Older events', `/api/runs/${RUNNING}/events`],
    ['#/runs', 'Older runs', '/api/runs'],
  ])(
    '%s closes its stream in a hidden tab, looks in now and then, and asks again when it is shown',
    async (hash, text, address) => {
      const page = await openAll(hash, text);
      await vi.waitFor(() => expect(server.streamCount()).toBe(1), LIMIT_MS);
      const setHidden = (isHidden: boolean) =>
        page.evaluate(`Object.defineProperty(document, 'hidden', { get: () => ${isHidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
      await setHidden(true);
      await vi.waitFor(() => expect(server.streamCount()).toBe(0), LIMIT_MS);
      expect(await page.getByText('Not connected').count()).toBe(0);
      // It looks in for a moment.
      await vi.waitFor(() => expect(server.streamCount()).toBe(1), LIMIT_MS);
      await vi.waitFor(() => expect(server.streamCount()).toBe(0), LIMIT_MS);
      const isAsked = page.waitForRequest((request) => request.url().endsWith(address));
      await setHidden(false);
      await isAsked;
      await vi.waitFor(() => expect(server.streamCount()).toBe(1), LIMIT_MS);
    },
  );

  it('filters runs by state and text, and compares two', async () => {
    const page = await openAll('#/runs', 'Older runs');
    await page.getByText('Older runs').click();
    await page.getByText('digits-150', { exact: true }).waitFor();
    await page.getByLabel('failed').check();
    await page.getByText('digits-192', { exact: true }).waitFor();
    expect(await page.getByText('succeeded').count()).toBe(1);
    await page.getByLabel('Text').fill('no such run');
    await page.getByText('No run matches.').waitFor();
    await page.getByText('Show all runs').click();
    await page.getByLabel(`Compare ${SUCCEEDED}`).check();
    await page.getByLabel('Compare digits-195').check();
    await page.getByText('Compare them').click();
    await page.getByText('may be chance').waitFor();
    await page.goBack();
    await page.getByText('Older runs').waitFor();
  });

  it('releases a worker after a confirmation', async () => {
    const page = await openAll('#/workers', 'Not trusted');
    await page.getByText('Release …').click();
    await page.getByRole('dialog').getByText('tested again with noisy').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
    await page.getByText('Not trusted').waitFor({ state: 'detached' });
    expect(server.changes.at(-1)).toBe('workers/teacher-worker-1/release');
    await sayUntil(page, 'No worker is connected', () =>
      server.say('workers', { ...fakeWorkers(PLAIN, Date.now()), workers: [] }),
    );
  });

  it('shows how to submit a run if there is none', async () => {
    const empty = await startFakeServer(PLAIN, []);
    try {
      const page = await open('#/runs', {}, empty);
      await page.getByText('coordinator submit run.yaml').waitFor();
    } finally {
      await empty.close();
    }
  });

  it('shows no empty charts of a run that ended before its first step', async () => {
    const row = server.row(RUNNING);
    const stopped = await startFakeServer(PLAIN, [{ ...row, state: 'FAILED', step: 0 }]);
    try {
      const page = await open(`#/runs/${RUNNING}`, {}, stopped);
      await page.getByText('The run ended before its first step.').waitFor();
      await page.getByText('at the end of a run that succeeds').waitFor();
      expect(await page.getByText('Why is it slow?').count()).toBe(0);
      expect(await page.getByText('Nothing is known of its steps').count()).toBe(0);
    } finally {
      await stopped.close();
    }
  });

  it.each([
    [`#/runs/${RUNNING}/log`, 'Older lines', 'time'],
    [`#/runs/${RUNNING}/events`, 'Older events', 'time'],
    [`#/compare?run=${SUCCEEDED}&run=digits-195`, 'Is the difference real?', 'th > a'],
  ])(
    'on a telephone %s breaks no time and no name of a run into pieces',
    async (hash, text, what) => {
      const page = await openAll(hash, text, { viewport: { width: 400, height: 800 } });
      const heights = await page.evaluate<number[]>(
        `[...document.querySelectorAll('${what}')].map((one) => one.offsetHeight)`,
      );
      expect(heights.length).toBeGreaterThan(0);
      // One line is 22 px high.
      expect(Math.max(...heights)).toBeLessThan(30);
    },
  );

  it('asks again after a failure when Try again is clicked', async () => {
    const page = await open('#/workers');
    await page.getByText('Not trusted').waitFor();
    await page.route('**/api/runs?*', (route) => route.abort());
    await page.route('**/api/runs', (route) => route.abort());
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByText('The dashboard cannot be reached.').waitFor();
    await page.unrouteAll();
    await page.getByText('Try again').click();
    await page.getByText('Older runs').waitFor();
  });
});

/** Only on request, because a busy machine may take any time. */
describe.runIf(CHROMIUM !== undefined && process.env['LYCEUM_MEASURE'] === '1')(
  'the dashboard page on an idle machine',
  () => {
    it.each(PAGES)(
      '%s opens within 2 s and scrolls without tasks of 100 ms',
      async (hash, text) => {
        const browser = await startBrowser(CHROMIUM ?? '');
        const server = await startFakeServer(PLAIN);
        try {
          const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
          await page.addInitScript(`
        window.tasks = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration)))
          .observe({ type: 'longtask', buffered: true });
        window.shifts = 0;
        new PerformanceObserver((list) => { for (const { value } of list.getEntries()) shifts += value; })
          .observe({ type: 'layout-shift', buffered: true });`);
          const beganMs = performance.now();
          await page.goto(server.url + hash);
          await page.getByText(text).first().waitFor();
          const openMs = performance.now() - beganMs;
          const shifts = await page.evaluate<number>('shifts');
          await page.waitForTimeout(500);
          await page.evaluate('tasks.length = 0');
          for (let wheel = 0; wheel < 40; wheel++) {
            await page.mouse.wheel(0, 200);
            await page.waitForTimeout(25);
          }
          const longestMs = await page.evaluate<number>('Math.max(0, ...tasks)');
          console.info(
            `${hash}: opened in ${openMs.toFixed(0)} ms, layout shift ${shifts.toFixed(3)}, longest task while scrolling ${longestMs.toFixed(0)} ms`,
          );
          expect(openMs).toBeLessThan(2_000);
          expect(shifts).toBeLessThan(0.1);
          // The browser reports only tasks of 50 ms and more.
          expect(longestMs).toBeLessThan(100);
        } finally {
          await browser.close();
          await server.close();
        }
      },
    );
  },
);

/** Presses Tab until the element with this text has the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let times = 0; times < 100; times++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement.textContent')) === text) return;
  }
  throw new Error(`no ${text} within 100 tabs`);
}

/** Sends until the text is seen, because the page may not have opened its stream yet. */
async function sayUntil(page: Page, text: string, say: () => void): Promise<void> {
  const seen = page.getByText(text).first();
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; ) {
    say();
    if (await seen.isVisible()) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`never seen: ${text}`);
}
