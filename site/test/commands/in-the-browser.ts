/** The tutorial's web page in a real Chromium; left out where there is none. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { startBrowser } from '../../../dashboard/test/browser/browser.js';
import { findChromium } from '../../../setup/chromium.mjs';
import type { Reader } from './at-hand.js';

const PATIENT_MS = 120_000;

/** @param printed - the output of the page's server. */
export async function namesAPhoto({ folder }: Reader, printed: string): Promise<void> {
  const chromium = findChromium(process.env);
  if (chromium === undefined) {
    console.warn("The tutorial's web page is not looked at: there is no Chromium.");
    return;
  }
  const address = /http:\/\/[\d.:]+/.exec(printed)?.[0] ?? '';
  const browser = await startBrowser(chromium);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENT_MS);
    await page.goto(address);
    const status = page.getByRole('status');
    await status.filter({ hasText: 'parameters is ready' }).waitFor();
    await page.getByLabel('A photo').setInputFiles(join(folder, 'photos/test/boot/60.png'));
    await status.filter({ hasText: '%' }).waitFor();
    expect(await status.textContent()).toMatch(/^[a-z-]+, \d+\.\d %$/);
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') };
    await page.getByLabel('A photo').setInputFiles(notes);
    await status.filter({ hasText: 'notes.txt is no picture' }).waitFor();
  } finally {
    await browser.close();
  }
}

/**
 * Asks the site's server, without a browser, for a page's text, as the page itself does.
 *
 * @param printed - the output of the site's server.
 */
export async function servesPages(_: Reader, printed: string): Promise<void> {
  const address = /http:\/\/localhost:\d+/.exec(printed)?.[0];
  const response = await fetch(`${address}/README.md?import`);
  expect(await response.text()).toContain('Lyceum distils');
}
