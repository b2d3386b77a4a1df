// Frames are made of buffers that are overwritten afterwards.
import { targetPlan } from '@lyceum/learning/ensemble';
import { FRAME_BYTES, float32Values } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { DataThreads } from '../../src/data-plane/data-threads.js';
import { targetFrames } from '../../src/targets/target-frames.js';
import { stored } from '../data-plane/stored.js';
import { distillationOf } from '../runs/queued-run.js';

function plan() {
  const { spec } = distillationOf({
    objective: [{ term: 'kd', temperature: 1 }],
    training: { epochs: 1 },
  });
  return targetPlan(spec);
}

it('targetFrames copies rows, so that frames keep their values when buffers are overwritten', async () => {
  const rowLength = FRAME_BYTES / 8;
  const values = Float32Array.from({ length: 4 * rowLength }, (_, i) => i);
  const logits = new Float32Array(4 * 2);
  const rows = {
    plan: plan(),
    teachers: [stored(logits)],
    rowCount: 4,
    classCount: 2,
    features: [{ name: 'features', rowShape: [rowLength], values }],
    epoch: 0,
    firstPosition: 0,
  };
  const frames = [];
  for await (const frame of targetFrames(rows, new DataThreads(1))) frames.push(frame);
  expect(frames.length).toBeGreaterThan(1);
  values.fill(-1);
  logits.fill(-1);
  const features = frames.flatMap(({ tensors }) =>
    tensors.filter(({ name }) => name === 'features').map((tensor) => float32Values(tensor)),
  );
  expect(features.every((part) => part.every((value) => value >= 0))).toBe(true);
  expect(features.reduce((sum, part) => sum + part.length, 0)).toBe(values.length);
});
