/** Chromium as the tests use it. */
import { type Browser, chromium } from 'playwright-core';

export async function startBrowser(executablePath: string): Promise<Browser> {
  // Chromium's sandbox does not work for root, and containers have a small /dev/shm.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage'] });
}
