/** The tutorial's web page in a real Chromium; skipped without one. */
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
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
    // The former picture must not be seen through a transparent one.
    const clear = { name: 'clear.png', mimeType: 'image/png', buffer: clearPng() };
    await page.getByLabel('A photo').setInputFiles(clear);
    await status.filter({ hasText: '%' }).waitFor();
    expect(await page.evaluate(shownColours)).toEqual([255]);
    await page.evaluate(() =>
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: new DataTransfer() })),
    );
    await status.filter({ hasText: 'That is no picture' }).waitFor();
  } finally {
    await browser.close();
  }
}

/** A transparent PNG of 1 × 1. */
function clearPng(): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.of(0, 0, 0, 1, 0, 0, 0, 1, 8, 4, 0, 0, 0)),
    chunk('IDAT', deflateSync(Buffer.alloc(3))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The different bytes of the page's canvas. */
function shownColours(): number[] {
  const canvas = document.querySelector('canvas') as HTMLCanvasElement;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  return [...new Set(context.getImageData(0, 0, 28, 28).data)];
}

/**
 * Asks the site's server for a page's text without a browser.
 *
 * @param printed - the output of the site's server.
 */
export async function servesPages(_: Reader, printed: string): Promise<void> {
  const address = /http:\/\/localhost:\d+/.exec(printed)?.[0];
  const response = await fetch(`${address}/README.md?import`);
  expect(await response.text()).toContain('Lyceum distils');
}
