/** Inputs that attack a coordinator, one in each line. */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { connect, newSessionKey, openDuplex, StudentClient, TeacherClient } from '@lyceum/platform';
import { ArtifactKind, SPECIFICATION_INLINE_MARKS } from '@lyceum/proto';
import type { BenchOptions } from '../measuring/index.js';
import { hostilePackages, type Lures } from './hostile-packages.js';
import { rawZip } from './raw-zip.js';

interface Target {
  readonly client: CoordinatorClient;
  readonly address: string;
}

export interface HostileInput {
  readonly name: string;
  /** Resolves or rejects once the coordinator has answered. */
  readonly send: (target: Target, signal: BenchOptions['signal']) => Promise<unknown>;
}

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
const MIB = 1024 * 1024;

/**
 * Characters of an attack in a specification: the greatest length of a specification, less the text around the attack.
 */
const ROOM = 63 * 1024;

/** Greatest number of lines of a document that is read on the event loop, not in a thread. */
const SHORT = SPECIFICATION_INLINE_MARKS;

/** A text just below the limit of one message. */
const LONG = 'x'.repeat(7 * MIB);

export function hostileInputs(lures: Lures): HostileInput[] {
  return [
    ...hostilePackages(lures).map(({ name, bytes }) => pushed(name, ARTIFACT_KIND_MODEL, bytes)),
    ...zipBombs(),
    submitted('a key of 500 kB', `${'a'.repeat(500_000)}: 1`),
    submitted('a key of 60 kB', `${'a'.repeat(60_000)}: 1`),
    submitted('a quoted key of 60 kB in a section', `spec: { "${'dataset'.repeat(8_500)}": 1 }`),
    submitted('a kind of 60 kB', `{"kind": "${'Distillation'.repeat(5_000)}"}`),
    submitted(
      'ten thousand keys',
      lines(10_000, (i) => `k${i}: 1`),
    ),
    submitted(
      '4,000 keys',
      lines(4_000, (i) => `k${i}: 1`),
    ),
    submitted(
      'as many keys as are read on the event loop',
      lines(SHORT, (i) => `${i}:`),
    ),
    submitted('as many merges as are read on the event loop', merges(SHORT / 3)),
    submitted(
      'one key 7,000 times',
      lines(7_000, () => 'spec: 1'),
    ),
    submitted(
      '4,000 teachers',
      `{"kind":"Distillation","spec":{"teachers":[${'{},'.repeat(4_000)}{}]}}`,
    ),
    submitted('lists 10,000 deep', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    submitted('maps 10,000 deep', '{a: '.repeat(10_000)),
    submitted(
      'maps 350 deep by indentation',
      lines(350, (i) => `${' '.repeat(i)}k:`),
    ),
    submitted(
      'maps 100 deep by indentation, again and again',
      lines(1_300, (i) => `${' '.repeat(i % 100)}k${i}:`),
    ),
    submitted('lists 30,000 deep in a line', '- '.repeat(ROOM / 2)),
    submitted(
      'lists 350 deep by indentation',
      lines(350, (i) => `${' '.repeat(i)}-`),
    ),
    submitted('aliases of aliases', laughs(10)),
    submitted('an alias 10,000 times', `a: &a [x]\nb: [${'*a,'.repeat(10_000)}*a]`),
    submitted('anchors that are merged again and again', merges(900)),
    submitted('a text of 16,000 lines', `a: |\n${' x\n'.repeat(16_000)}`),
    submitted('60 kB of spaces', `a:${' '.repeat(ROOM)}b`),
    submitted('60 kB of quotes', `a: ${"'".repeat(ROOM)}`),
    submitted('60 kB of colons', `a${' :'.repeat(ROOM / 2)}`),
    ...['workerId', 'version'].map((field) => greeting(`${field} of 7 MB`, { [field]: LONG })),
    ...['engine', 'device'].map((field) =>
      greeting(`${field} of 7 MB`, { device: { ...DEVICE, [field]: LONG } }),
    ),
    greeting('a session key of 7 MB', { sessionKey: Buffer.from(LONG) }),
  ];
}

function pushed(name: string, kind: ArtifactKind, bytes: Uint8Array): HostileInput {
  return {
    name,
    send: ({ client }, signal) => client.pushArtifact(kind, 'hostile', bytes, { signal }),
  };
}

function submitted(name: string, document: string): HostileInput {
  return { name: `document: ${name}`, send: ({ client }) => client.submitRun(document) };
}

/** Archives of zeros: these are compressed to a thousandth. */
function zipBombs(): HostileInput[] {
  const zeros = Buffer.alloc(256 * MIB);
  const bomb = (name: string) => rawZip([{ name, bytes: zeros, deflated: true }]);
  const claim = (name: string) =>
    rawZip([{ name, bytes: Buffer.alloc(64), claimedBytes: 2 ** 31 - 1 }]);
  const many = Array.from({ length: 60_000 }, (_, i) => ({
    name: `${i}.npy`,
    bytes: Buffer.alloc(1),
  }));
  const kinds = [
    ['model', ARTIFACT_KIND_MODEL, 'model.json'],
    ['set', ARTIFACT_KIND_DATASET, 'inputs.npy'],
  ] as const;
  return kinds.flatMap(([what, kind, member]) => [
    pushed(`${what}: a zip that unpacks to 256 MiB`, kind, bomb(member)),
    pushed(`${what}: a zip that claims 2 GiB`, kind, claim(member)),
    pushed(`${what}: a zip of 60,000 members`, kind, rawZip(many)),
  ]);
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n');
}

/** A document of nested levels: each level is ten times as large as the level before ("billion laughs"). */
function laughs(levels: number): string {
  const level = (i: number) => (i === 0 ? '[x]' : `[${Array(10).fill(`*l${i - 1}`)}]`);
  return lines(levels, (i) => `l${i}: &l${i} ${level(i)}`);
}

/** A document of maps: each map has the keys of all maps before. */
function merges(count: number): string {
  const merged = (i: number) => (i === 0 ? '' : `<<: *m${i - 1}, `);
  return lines(count, (i) => `m${i}: &m${i} { ${merged(i)}k${i}: 1 }`);
}

const DEVICE = { engine: 'native', engineVersion: '1', computeThreads: 1, device: 'cpu' };

/** A hello as teacher worker and as student worker: the coordinator ends both sessions. */
function greeting(name: string, change: object): HostileInput {
  const own = { workerId: 'hostile', version: '1', device: DEVICE, sessionKey: newSessionKey() };
  const hello = { ...own, memoryBudgetBytes: 1, ...change };
  return {
    name: `hello: ${name}`,
    send: async ({ address }) => {
      const [teacher, student] = [connect(TeacherClient, address), connect(StudentClient, address)];
      try {
        const sessions = [openDuplex(() => teacher.session()), openDuplex(() => student.session())];
        for (const { send, incoming } of sessions) {
          await send({ report: { $case: 'hello', hello } });
          await incoming[Symbol.asyncIterator]().next();
        }
      } finally {
        teacher.close();
        student.close();
      }
    },
  };
}
