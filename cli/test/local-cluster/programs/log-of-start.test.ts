/** Logs in files written here. */
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LogOfStart } from '../../../src/local-cluster/programs/log-of-start.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('LogOfStart shows what came after the start, also once the file was emptied', () => {
  const file = join(folder, 'worker.log');
  writeFileSync(file, '{"msg":"of an earlier start"}\n');
  const log = new LogOfStart(file, 30);
  expect(log.end()).toBe(`it has written nothing to ${file}`);
  appendFileSync(file, '{"msg":"begins"}\n');
  expect(log.lastMessage()).toBe('begins');
  truncateSync(file);
  appendFileSync(file, '{"msg":"goes on"}\n');
  expect(log.lastMessage()).toBe('goes on');
  expect(log.end()).toBe(`the end of ${file}:\n  {"msg":"goes on"}`);
});
