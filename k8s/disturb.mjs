/**
 * `node k8s/disturb.mjs ADDRESS SUFFIX`: runs `disturbed-run.yaml` twice on the cluster that kubectl points to, whose
 * coordinator answers at ADDRESS. During the second run two pods of each program are deleted: one at once, as if its
 * node were lost, and one that is told to end. The student's final weights must be the same.
 *
 * Teachers are the runs digits-wide-SUFFIX, digits-lenet-SUFFIX and digits-conv-SUFFIX.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const NAMESPACE = 'lyceum';
const LOOK_MS = 500;
const PATIENCE_MS = 600_000;
const PROGRAM = fileURLToPath(new URL('../cli/dist/main.js', import.meta.url));
const SPECIFICATION = fileURLToPath(new URL('disturbed-run.yaml', import.meta.url));
const TEACHERS = ['digits-wide', 'digits-lenet', 'digits-conv'];
const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** Whose pod is deleted, whether by force, and at which share of the run's steps. */
const BLOWS = [
  { program: 'teacher-worker', isForced: true, at: 0.1 },
  { program: 'student-worker', isForced: true, at: 0.2 },
  { program: 'coordinator', isForced: true, at: 0.3 },
  { program: 'nats', isForced: true, at: 0.4 },
  { program: 'teacher-worker', isForced: false, at: 0.5 },
  { program: 'student-worker', isForced: false, at: 0.6 },
  { program: 'coordinator', isForced: false, at: 0.7 },
  { program: 'nats', isForced: false, at: 0.8 },
];

const [address, suffix] = process.argv.slice(2);
if (address === undefined || suffix === undefined) {
  process.stderr.write('usage: node k8s/disturb.mjs ADDRESS SUFFIX\n');
  process.exit(2);
}

const run = promisify(execFile);

/** @param {readonly string[]} args */
async function kubectl(...args) {
  return (await run('kubectl', ['-n', NAMESPACE, ...args])).stdout;
}

/** Repeats the command while the coordinator is away: its pod is deleted too. @param {readonly string[]} args */
async function coordinator(...args) {
  const env = { ...process.env, LYCEUM_COORDINATOR: address };
  for (const sinceMs = Date.now(); ; await sleep(LOOK_MS)) {
    try {
      return (await run(process.execPath, [PROGRAM, ...args], { env })).stdout;
    } catch (err) {
      const isUnreachable = err instanceof Error && 'code' in err && err.code === 4;
      if (!isUnreachable || Date.now() - sinceMs > PATIENCE_MS) throw err;
    }
  }
}

/** @param {string} runId @param {(run: any) => boolean} holds */
async function until(runId, holds) {
  for (const sinceMs = Date.now(); ; await sleep(LOOK_MS)) {
    const found = JSON.parse(await coordinator('get', runId, '-o', 'json'));
    if (holds(found)) return found;
    if (Date.now() - sinceMs > PATIENCE_MS) throw new Error(`${runId} is still ${found.state}`);
  }
}

/** @param {string} runId */
async function submit(runId) {
  const models = TEACHERS.map((name, i) => `spec.teachers[${i}].model=run:${name}-${suffix}`);
  const settings = [`metadata.name=${runId}`, ...models].flatMap((set) => ['--set', set]);
  await coordinator('submit', SPECIFICATION, ...settings);
}

/** @param {string} runId */
async function ended(runId) {
  const found = await until(runId, ({ state }) => ENDED.includes(state));
  if (found.state !== 'SUCCEEDED') throw new Error(`${runId} ${found.state}: ${found.reason}`);
  return found;
}

/** Name and uid of each pod of a program that runs and is not being deleted. @param {string} program */
async function pods(program) {
  const list = await kubectl(
    'get',
    'pods',
    '-l',
    `app.kubernetes.io/name=${program}`,
    '-o',
    'json',
  );
  /** @type {{ metadata: { name: string, uid: string, deletionTimestamp?: string }, status: { phase: string } }[]} */
  const items = JSON.parse(list).items;
  const running = items.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status.phase === 'Running',
  );
  return new Map(running.map(({ metadata }) => [metadata.name, metadata.uid]));
}

/** @returns the uid of the pod that was deleted. @param {string} runId @param {typeof BLOWS[number]} blow */
async function strike(runId, { program, isForced, at }) {
  for (const sinceMs = Date.now(); ; await sleep(LOOK_MS)) {
    const { progress, studentWorkerId } = await until(runId, ({ progress, state, reason }) => {
      if (ENDED.includes(state)) {
        throw new Error(`${runId} ${state} before ${program} was taken${reason && `: ${reason}`}`);
      }
      return (progress?.step ?? 0) >= at * (progress?.stepCount ?? Number.POSITIVE_INFINITY);
    });
    const found = await pods(program);
    // Of the student workers, the one that trains the run.
    const name = program === 'student-worker' ? studentWorkerId : [...found.keys()][0];
    const uid = found.get(name);
    if (uid !== undefined) {
      const how = isForced ? ['--grace-period=0', '--force'] : [];
      await kubectl('delete', 'pod', name, '--wait=false', ...how);
      const what = isForced ? 'gone' : 'told to end';
      process.stderr.write(`step ${progress.step}: pod ${name} ${what}\n`);
      return uid;
    }
    if (Date.now() - sinceMs > PATIENCE_MS) throw new Error(`no pod of ${program} runs`);
  }
}

const [calm, struck] = [`undisturbed-${suffix}`, `disturbed-${suffix}`];
await submit(calm);
const expected = await ended(calm);
// Delete the stored answers: with them the second run would need no teacher.
/** @type {{ id: string, neededBy: string[] }[]} */
const tables = JSON.parse(await coordinator('answers', 'list', '-o', 'json'));
const unneeded = tables.filter(({ neededBy }) => neededBy.length === 0).map(({ id }) => id);
if (unneeded.length > 0) await coordinator('answers', 'delete', ...unneeded);
await submit(struck);
const taken = [];
for (const blow of BLOWS) taken.push(await strike(struck, blow));
const actual = await ended(struck);
const programs = await Promise.all([...new Set(BLOWS.map(({ program }) => program))].map(pods));
const here = new Set(programs.flatMap((found) => [...found.values()]));
const report = JSON.parse(await coordinator('report', struck, '-o', 'json'));
const seconds = (/** @type {any} */ r) => (Date.parse(r.endedAt) - Date.parse(r.startedAt)) / 1000;
const result = {
  identicalWeights: actual.finalWeightsDigest === expected.finalWeightsDigest,
  bitExact: report.bitExact,
  podsTaken: taken.filter((uid) => !here.has(uid)).length,
  slowdown: Number((seconds(actual) / seconds(expected)).toFixed(2)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
const isSound = result.identicalWeights && result.bitExact && result.podsTaken === BLOWS.length;
process.exit(isSound ? 0 : 1);
