// Escape sequences in foreign texts: workers' own data, reasons, arguments. (Names and classes with control characters
// are refused.) The real command line prints them in every format; no control character but line ends may reach the
// terminal.
import { call } from '@lyceum/platform';
import { LogLevel } from '@lyceum/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  eventually,
  StudentPeer,
  TestCoordinator,
  tinyDatasetBytes,
  tinyModelBytes,
} from '../../../coordinator/test/support.js';
import { runCli } from './cli-process.js';

/** Sets the title, clears the screen, writes over the line, turns letters round; in seven and in eight bits. */
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u009b31m\rok\u202egpj.exe\u0008\u007f\u2028x';
const RUN_ID = 'hostile';

let cluster: TestCoordinator;
let student: StudentPeer | undefined;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  await cluster.push('dataset', 'hostile', tinyDatasetBytes(1));
  await cluster.push('model', 'plain', tinyModelBytes(1));
  student = new StudentPeer(cluster, 'worker', undefined, {
    version: HOSTILE,
    device: { engine: HOSTILE, engineVersion: HOSTILE, computeThreads: 1, device: HOSTILE },
  });
  const { run } = cluster.clients;
  const specification = JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Training',
    metadata: { name: RUN_ID },
    spec: {
      dataset: 'hostile',
      student: { model: { architecture: 'mlp' } },
      training: { batchSize: 10, steps: 5 },
    },
  });
  await call(run, run.submitRun, { specification, runId: '', dryRun: false });
  const { assignmentEpoch } = await eventually(() => student?.run);
  const line = { atMs: Date.now(), level: LogLevel.LOG_LEVEL_WARN, message: `${HOSTILE}\nsplit` };
  const about = { $case: 'runId', runId: RUN_ID } as const;
  await student?.send({ $case: 'logged', logged: { lines: [{ ...line, about }] } });
  const failure = { retryable: false, storageFull: false, numericsChange: undefined };
  const failed = { runId: RUN_ID, assignmentEpoch, reason: `${HOSTILE}\nforged`, ...failure };
  await student?.send({ $case: 'failed', failed });
  await eventually(async () => (await cluster.run(RUN_ID)).endedAtMs > 0);
});

afterAll(async () => {
  student?.kill();
  await cluster.stop();
});

it.each([
  [['workers'], 'x1b'],
  [['list'], ''],
  [['get', RUN_ID], 'x1b'],
  [['events', RUN_ID], 'x1b'],
  [['watch', RUN_ID], 'x1b'],
  [['logs', RUN_ID, '--level', 'warn', '--from', 'worker', '--follow'], '\n    split\n'],
  [['datasets', 'list'], ''],
  [['models', 'list'], ''],
  [['get', HOSTILE], 'x1b'],
  [['pull', HOSTILE, '--out', '/dev/null/x'], ''],
  [['cancel', RUN_ID], ''],
  [['submit', HOSTILE], ''],
  [[HOSTILE], 'x1b'],
  [['get', `--${HOSTILE}`], 'x1b'],
  [['get', RUN_ID, HOSTILE], ''],
  [['list', '--limit', HOSTILE], 'x1b'],
  [['list', '--state', HOSTILE], 'x1b'],
])('%j prints no control character', async (args, shown) => {
  for (const format of ['table', 'json', 'yaml']) {
    const { stdout, stderr } = await runCli(cluster.address, ...args, '-o', format);
    const text = stdout + stderr;
    expect(text.length).toBeGreaterThan(0);
    const controls = [...text].filter((c) => /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u.test(c));
    expect(controls.filter((c) => c !== '\n' && c !== '\t')).toEqual([]);
    if (format === 'table') expect(text).toContain(shown);
    expect(text).not.toMatch(/^forged/m);
  }
});
