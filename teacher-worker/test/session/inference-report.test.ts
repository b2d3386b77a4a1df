/** A clock that the test sets, and the time of each report. */
import { digestBytes } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { InferenceReport } from '../../src/session/inference-report.js';
import type { Report } from '../../src/session/session-link.js';

it('InferenceReport sends the first measurement at once, then sums, a second apart', () => {
  const identity = 'ab'.repeat(32);
  const sent: Report[] = [];
  let nowMs = 5;
  const send = async (report: Report) => void sent.push(report);
  const report = new InferenceReport(identity, { send }, () => nowMs);
  const add = (atMs: number, sampleCount: number, seconds: number) => {
    nowMs = atMs;
    report.add(sampleCount, seconds);
  };
  add(5, 128, 0.5);
  add(400, 128, 0.25);
  add(1_004, 64, 0.25);
  add(1_005, 8, 0.5);
  add(1_006, 100, 1);
  const measured = (sampleCount: number, inferenceSeconds: number) => ({
    $case: 'measured',
    measured: { teacherIdentity: digestBytes(identity), sampleCount, inferenceSeconds },
  });
  expect(sent).toEqual([measured(128, 0.5), measured(200, 1)]);
});
