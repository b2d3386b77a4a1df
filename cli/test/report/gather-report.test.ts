/** `gatherReport` with a coordinator that has a run and nothing else; a YAML parser reads the document back. */
import type { Report } from '@lyceum/coordinator/documents';
import { LyceumError, Run } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatherReport } from '../../src/report/index.js';

const gone = () => Promise.reject(new LyceumError('NOT_FOUND', 'it is gone'));
const client = { getRun: async () => Run.fromPartial({}), getFindings: gone, getHistory: gone };

test('gatherReport escapes control characters in the specification, and keeps its values', async () => {
  const labels = { note: '\u009b31m red', why: 'cat\u202egpj.exe', 'k\u2028': '\u007f\u0085', plain: 'ok' }; // biome-ignore format: one line
  const report = { runId: 'run', specification: { metadata: { labels } } } as unknown as Report;
  const { specificationYaml } = await gatherReport(client, report);
  expect(specificationYaml).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
  expect(parse(specificationYaml)).toEqual(report.specification);
});

test('gatherReport escapes control characters in warnings and errors', async () => {
  const missing = () => Promise.reject(new LyceumError('NOT_FOUND', 'it is\u202e gone'));
  const told = { runId: 'run', specification: {} };
  const warnings = ['gpj\u202eexe', '\u001b[2J'];
  const report = { ...told, warnings } as unknown as Report;
  const input = await gatherReport({ ...client, getFindings: missing }, report);
  expect(input.report).toEqual({ ...told, warnings: ['gpj\\u202eexe', '\\x1b[2J'] });
  expect(input.findings).toEqual({ missing: 'it is\\u202e gone' });
});
