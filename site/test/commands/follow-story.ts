/**
 * Pages as their readers follow them: every command of a story's pages, in order, in a shell, on a cluster that `up`
 * starts for the story.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { PageReader } from './page-reader.js';
import type { Story } from './stories.js';

/** Makes a test for each page. */
export function followStory(story: Story): void {
  vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
  let scratch = '';
  let reader: PageReader;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'lyceum-pages-'));
    reader = await PageReader.begin(scratch);
  });
  afterAll(async () => {
    await reader?.end();
    await rm(scratch, { recursive: true, force: true });
  });

  test.each(story)('all commands of the page $path succeed', async (page) => {
    await reader.follow(page);
  });
}
