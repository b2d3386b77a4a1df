/** `imitation collect` with a chat that answers one call and holds the next back until after the signal. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startCli } from '../commands/cli-process.js';
import { startEndpoint } from '../commands/endpoint.js';
import { writeDocument } from './words-document.js';

const LONG = { timeout: 120_000 };
vi.setConfig({ testTimeout: 300_000 });

test.each(['SIGINT', 'SIGHUP'] as const)(
  'imitation collect on %s waits for the call under way, keeps its answer, and says how to go on',
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
    const answer = JSON.stringify({ choices: [{ message: { content: 'alpha' } }] });
    const held: (() => void)[] = [];
    let calls = 0;
    const server = await startEndpoint((_, response) => {
      calls += 1;
      const end = () => response.end(answer);
      if (calls === 1) end();
      else held.push(end);
    });
    try {
      const endpoint = {
        url: `${server.url}/`,
        input: 'text',
        chat: { model: 'm', prompt: '{input}?' },
        concurrency: 1,
      };
      writeFileSync(join(folder, 'words.csv'), 'text\none\ntwo\nthree\n');
      const document = writeDocument(folder, endpoint);
      const own = join(folder, 'own');
      const args = ['imitation', 'collect', document, '--folder', own];
      const collecting = startCli('127.0.0.1:1', args);
      await vi.waitFor(() => expect(held).toHaveLength(1), LONG);
      collecting.process.kill(signal);
      await vi.waitFor(() => expect(collecting.stderr()).toContain('waiting for the calls'), LONG);
      held[0]?.();
      const { code, stderr } = await collecting.result;
      expect(code).toBe(130);
      const last =
        'chat 2/3\ninterrupted; what was answered is kept, and the same command goes on\n';
      expect(stderr).toContain(last);
      expect(readFileSync(join(own, 'answers.jsonl'), 'utf8').split('\n')).toHaveLength(3);
      expect(calls).toBe(2);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  },
);
