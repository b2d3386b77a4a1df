/** Findings of `doctor` from facts written by hand. */
import { Worker } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { type CertificateFacts, judgeCertificates } from '../../src/doctor/judge-certificates.js';
import { type ClusterFacts, judgeCluster } from '../../src/doctor/judge-cluster.js';
import {
  type EngineFacts,
  judgeDisk,
  judgeEngine,
  judgeGpu,
  judgeNode,
} from '../../src/doctor/judge-machine.js';
import { judgeNats, type NatsFacts } from '../../src/doctor/judge-nats.js';

const NOW_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

interface Judged {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly remedy?: string;
}

/** @returns check and level of each finding; each that is not ok must have a remedy. */
function levels(findings: readonly Judged[]): string[] {
  for (const { level, remedy } of findings) expect(remedy === undefined).toBe(level === 'ok');
  return findings.map(({ check, level }) => `${check} ${level}`);
}

const WORKERS = [
  Worker.fromPartial({ workerId: 't', kind: 'teacher', version: '1.0.0' }),
  Worker.fromPartial({ workerId: 's', kind: 'student', version: '1.0.0' }),
];

function cluster(coordinator: object, isLocal = true): ClusterFacts {
  const facts = { answers: true, version: '1.0.0', workers: WORKERS, latestMs: NOW_MS };
  const given = { ...facts, ...coordinator } as ClusterFacts['coordinator'];
  return { address: '127.0.0.1:7700', isLocal, coordinator: given };
}

test.each<[string, ClusterFacts, string[]]>([
  ['all is well', cluster({}), ['coordinator ok', 'versions ok', 'workers ok', 'clock ok']],
  [
    'another coordinator',
    cluster({ version: '1.1.0' }),
    ['coordinator ok', 'versions warning', 'workers ok', 'clock ok'],
  ],
  [
    'no workers, no times',
    cluster({ workers: [], latestMs: 0 }),
    ['coordinator ok', 'versions ok', 'workers warning'],
  ],
  [
    'a worker with a problem',
    cluster({ workers: [...WORKERS, { ...WORKERS[0], workerId: 'x', problems: ['no room'] }] }),
    ['coordinator ok', 'versions ok', 'workers ok', 'workers warning', 'clock ok'],
  ],
  [
    'a clock behind',
    cluster({ latestMs: NOW_MS + 3_600_000 }),
    ['coordinator ok', 'versions ok', 'workers ok', 'clock warning'],
  ],
  ['none here', cluster({ answers: false, isTaken: false, why: 'no' }), ['coordinator warning']],
  [
    'none there',
    cluster({ answers: false, isTaken: false, why: 'no' }, false),
    ['coordinator fault'],
  ],
  [
    'another program',
    cluster({ answers: false, isTaken: true, why: 'silent' }),
    ['coordinator fault'],
  ],
])('judgeCluster: %s', (_, facts, wanted) => {
  expect(levels(judgeCluster(facts, '1.0.0', NOW_MS))).toEqual(wanted);
});

test('judgeCluster names programs of another version, this program too', () => {
  const workers = [Worker.fromPartial({ workerId: 'old', kind: 'teacher', version: '0.9.0' })];
  const { message } = judgeCluster(cluster({ workers }), '1.2.0', NOW_MS)[1] as Judged;
  expect(message).toBe('the coordinator is 1.0.0, but this program 1.2.0, old 0.9.0');
});

const REACHED = { kind: 'reached', url: 'nats://a', version: '2.12.0' } as const;

test.each<[NatsFacts, string[]]>([
  [{ kind: 'not needed' }, ['nats ok']],
  [{ kind: 'own', program: '/bin/nats-server' }, ['nats ok']],
  [{ kind: 'own', program: undefined }, ['nats fault']],
  [{ kind: 'unreachable', url: 'nats://a', why: 'ECONNREFUSED' }, ['nats fault']],
  [{ ...REACHED, hasJetStream: true, refusal: undefined }, ['nats ok']],
  [{ ...REACHED, hasJetStream: true, refusal: 'who are you' }, ['nats ok', 'nats warning']],
  [{ ...REACHED, hasJetStream: false, refusal: undefined }, ['nats fault']],
])('judgeNats of %j', (facts, wanted) => {
  expect(levels(judgeNats(facts))).toEqual(wanted);
});

const NATIVE: EngineFacts = {
  kind: 'loaded',
  name: 'native',
  version: 'tensorflow 2',
  device: 'cpu',
};

test.each<[EngineFacts, string]>([
  [NATIVE, 'engine ok'],
  [{ ...NATIVE, name: 'wasm' }, 'engine warning'],
  [{ kind: 'broken', why: 'GLIBC' }, 'engine fault'],
  [{ kind: 'not installed' }, 'engine ok'],
])('judgeEngine of %j', (facts, wanted) => {
  expect(levels([judgeEngine(facts)])).toEqual([wanted]);
});

test('judgeGpu warns of a GPU that is not used, and of a failing nvidia-smi', () => {
  const one = { names: ['NVIDIA H100'], trouble: undefined };
  expect(levels([judgeGpu({ names: [], trouble: undefined }, NATIVE)])).toEqual(['gpu ok']);
  expect(levels([judgeGpu(one, NATIVE)])).toEqual(['gpu warning']);
  expect(levels([judgeGpu(one, { ...NATIVE, device: 'gpu' })])).toEqual(['gpu ok']);
  const troubled = { names: [], trouble: 'nvidia-smi fails' };
  expect(levels([judgeGpu(troubled, NATIVE)])).toEqual(['gpu warning']);
});

test.each([
  [10e9, true, 'cache ok'],
  [1e9, true, 'cache warning'],
  [1e8, true, 'cache fault'],
  [10e9, false, 'cache fault'],
])('judgeDisk of %d free bytes, writable: %s', (freeBytes, isWritable, wanted) => {
  const facts = { check: 'cache', folder: '/c', option: '--cache', isWritable, freeBytes };
  expect(levels([judgeDisk(facts)])).toEqual([wanted]);
});

test.each([
  ['20.19.0', 'node ok'],
  ['22.1.0', 'node ok'],
  ['20.18.3', 'node fault'],
  ['18.20.0', 'node fault'],
])('judgeNode of version %s', (version, wanted) => {
  expect(levels([judgeNode(version)])).toEqual([wanted]);
});

const OWN = {
  name: 'alice',
  validToMs: NOW_MS + 300 * DAY_MS,
  authorityValidToMs: NOW_MS + 3000 * DAY_MS,
};
const SHOWN = {
  names: 'coordinator, localhost',
  namesHost: true,
  validToMs: NOW_MS + 300 * DAY_MS,
  distrust: undefined,
};

function certificates(own: object, shown?: object | null): CertificateFacts {
  const server =
    shown === undefined
      ? undefined
      : { host: 'gpu-box', shown: shown === null ? undefined : { ...SHOWN, ...shown } };
  return { kind: 'usable', dir: 'certificates/alice', own: { ...OWN, ...own }, server };
}

test.each<[string, CertificateFacts, string[]]>([
  ['none, here', { kind: 'none', isLocal: true }, ['ok']],
  ['none, elsewhere', { kind: 'none', isLocal: false }, ['warning']],
  ['unusable', { kind: 'unusable', why: 'no PEM' }, ['fault']],
  ['valid for long', certificates({}), ['ok']],
  ['valid for days', certificates({ validToMs: NOW_MS + 3 * DAY_MS }), ['warning']],
  ['of nobody', certificates({ authorityValidToMs: undefined }), ['fault']],
  ['of an authority of before', certificates({ authorityValidToMs: NOW_MS - 1 }), ['fault']],
  ['the coordinator is well', certificates({}, {}), ['ok', 'ok']],
  [
    'the coordinator is called by another name',
    certificates({}, { namesHost: false }),
    ['ok', 'fault'],
  ],
  ['the coordinator is not trusted', certificates({}, { distrust: 'X' }), ['ok', 'fault']],
  ["the coordinator's is over", certificates({}, { validToMs: NOW_MS - 1 }), ['ok', 'fault']],
  ['the coordinator speaks no TLS', certificates({}, null), ['ok', 'fault']],
])('judgeCertificates: %s', (_, facts, wanted) => {
  const found = judgeCertificates(facts, NOW_MS);
  expect(levels(found)).toEqual(wanted.map((level) => `certificates ${level}`));
});

test('judgeCertificates names the missing host in its remedy', () => {
  const [, { remedy = '' } = {}] = judgeCertificates(
    certificates({}, { namesHost: false }),
    NOW_MS,
  );
  expect(remedy).toContain('coordinator certificates coordinator --host gpu-box');
});
