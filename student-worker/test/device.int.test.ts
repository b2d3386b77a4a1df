/**
 * Which device a worker computes on, on a machine whose GPU is a stand-in: an `nvidia-smi` that prints what the real
 * one prints. TensorFlow cannot use it, so these tests show refusals, and reports where the processor computes in its
 * place.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import {
  connectNats,
  findNatsServer,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '@lyceum/platform/nats';
import { POINTER_BUCKET } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { StandInCoordinator } from './stand-in-coordinator.js';
import { until, WorkerProcess } from './worker-process.js';

const log = createLogger({ name: 'test', level: 'silent' });
const UUID = 'GPU-81495ec7-da36-8ea5-9f7d-5804aa3fef20';
const ANSWERS = `#!/bin/sh
case "$1" in
  --list-gpus) echo "GPU 0: NVIDIA L4 (UUID: ${UUID})" ;;
  *memory.total*) echo "${UUID}, NVIDIA L4, 580.1, 23034" ;;
esac
`;

let folder: string;
let server: NatsServer;
let nats: Nats;
let coordinator: StandInCoordinator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-device-'));
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm run setup');
  server = await startNatsServer({ binary, storeDir: join(folder, 'nats'), port: 0, log });
  nats = await connectNats({ url: server.url, name: 'test', log });
  const pointers = await nats.keyValue(POINTER_BUCKET, { create: true });
  coordinator = new StandInCoordinator(await nats.blobs({ create: true }), pointers);
  await coordinator.start();
});
afterAll(async () => {
  await coordinator.stop();
  await nats.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function pretendGpu(): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'nvidia-smi'), ANSWERS);
  chmodSync(join(bin, 'nvidia-smi'), 0o755);
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH']}`);
}

function startWorker(...flags: string[]): WorkerProcess {
  const worker = new WorkerProcess([
    ...['--nats', server.url, '--coordinator', coordinator.address],
    ...['--state-dir', join(folder, 'state'), '--worker-id', 'student-1', ...flags],
  ]);
  onTestFinished(async () => {
    await worker.kill('SIGKILL');
  });
  return worker;
}

const said = ({ lines }: WorkerProcess) => lines.map((line) => JSON.stringify(line)).join('\n');

it('a student worker exits with code 6 when --device names a GPU that is not there', async () => {
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '');
  const worker = startWorker('--device', 'cuda:1');
  expect(await worker.exited).toBe(6);
  expect(said(worker)).toContain('--device cuda:1 is not there: no GPU is seen');
});

it('a student worker exits with code 6 when TensorFlow cannot use the GPU', async () => {
  pretendGpu();
  const worker = startWorker();
  expect(await worker.exited).toBe(6);
  expect(said(worker)).toMatch(
    /NVIDIA L4 cannot be used: TensorFlow.*; --device cpu or --allow-cpu goes on without/,
  );
});

it.each([['--allow-cpu'], ['--device=cpu']])(
  'a student worker computes on the processor with %s, and reports that',
  async (flag) => {
    pretendGpu();
    const before = coordinator.count('hello');
    const worker = startWorker(flag);
    await until('the hello', () => coordinator.count('hello') > before);
    const hello = coordinator.reports
      .flatMap(({ report }) => (report?.$case === 'hello' ? [report.hello] : []))
      .at(-1);
    expect(hello?.device?.device).toMatch(/^cpu/);
    expect(hello?.device?.gpu).toBeUndefined();
    expect(said(worker).includes('the processor computes')).toBe(flag === '--allow-cpu');
  },
);
