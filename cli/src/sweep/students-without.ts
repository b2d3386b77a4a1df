/** Trains students without each teacher of a run, and compares them with students of all teachers. */
import type { Report } from '@lyceum/coordinator/documents';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import {
  compareRuns,
  type StudentLoss,
  studentLoss,
  WORTH_LABEL,
  type WorthRun,
  worthRuns,
} from '../comparison/index.js';
import { type CommandContext, comparedRun } from '../session/index.js';
import { followRuns, readResults } from './follow-runs.js';

/**
 * Submits the runs that do not exist yet: the run again with `seedCount − 1` further seeds, and, with each seed, the
 * run without each teacher. The coordinator checks a run without each teacher before the first run is submitted.
 *
 * @returns the student's loss without each teacher, in ensemble order; or why there is none, if a run did not succeed.
 * @throws {LyceumError} FAILED_PRECONDITION if a teacher or the set that the run names has changed; the error of the
 *   first run that cannot be accepted.
 */
export async function studentsWithout(
  context: CommandContext,
  report: Report,
  seedCount: number,
): Promise<(StudentLoss | { readonly missing: string })[]> {
  const { client, notice, signal } = context;
  const { runId } = report;
  const { withAll, without } = worthRuns(runId, report.specification, seedCount);
  const runs = [...withAll, ...without.flatMap((own) => own.runs)];
  await checkAccepted(context, report, without);
  let thereCount = 0;
  for (const { text } of runs) if (!(await client.submitRun(text)).created) thereCount++;
  const there = thereCount === 0 ? '' : `; ${thereCount} were there already`;
  notice(`Students of ${runId} without each teacher: ${runs.length} runs${there}`);
  const ids = runs.map((run) => run.runId);
  const states = await followRuns(context, ids, 'live', [
    `The runs go on. The same command again goes on with them.`,
    `Cancel them with: coordinator cancel --label ${WORTH_LABEL}=${runId}`,
  ]);
  const allIds = [runId, ...withAll.map((run) => run.runId)];
  const losses: (StudentLoss | { readonly missing: string })[] = [];
  for (const own of without) {
    const ownIds = own.runs.map((run) => run.runId);
    const lost = [...allIds, ...ownIds].find(
      (id) => id !== runId && states.get(id) !== 'SUCCEEDED',
    );
    losses.push(
      lost === undefined
        ? await readResults(signal, () => lossOf(context, allIds, ownIds))
        : { missing: `run ${lost} is ${states.get(lost)}` },
    );
  }
  return losses;
}

/** Checks one run without each teacher, and that the names of teachers and set still mean the same content. */
async function checkAccepted(
  { client, notice }: CommandContext,
  { runId, teachers, dataset }: Report,
  without: readonly { readonly teacher: string; readonly runs: readonly WorthRun[] }[],
): Promise<void> {
  for (const { teacher, runs } of without) {
    const [first] = runs;
    if (first === undefined) continue;
    try {
      const { run, warnings } = await client.submitRun(first.text, { dryRun: true });
      for (const warning of warnings) notice(`warning: ${warning}`);
      const others = teachers.filter(({ name }) => name !== teacher);
      const changed = others.find(({ identity }, k) => run.teacherIdentities[k] !== identity);
      const what =
        changed !== undefined
          ? `teacher ${changed.name}`
          : run.datasetDigest === dataset.digest
            ? undefined
            : 'the data set';
      if (what === undefined) continue;
      const message = `${what} has changed since run ${runId} was submitted, so students without a teacher could not be compared; submit the run again under another --run-id`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    } catch (err) {
      if (!(err instanceof InvalidDocumentError)) throw err;
      throw new InvalidDocumentError(`run ${runId} without teacher ${teacher}`, err.problems);
    }
  }
}

async function lossOf(
  { client, signal }: CommandContext,
  allIds: readonly string[],
  ownIds: readonly string[],
): Promise<StudentLoss | { readonly missing: string }> {
  const compared: Awaited<ReturnType<typeof comparedRun>>[] = [];
  for (const id of [...allIds, ...ownIds]) compared.push(await comparedRun(client, id, signal));
  const { arms } = compareRuns(compared);
  const [arm] = arms;
  if (arm === undefined) return { missing: 'the students cannot be compared' };
  const mean = (ids: readonly string[]) => {
    const own = compared.filter(({ runId }) => ids.includes(runId));
    return own.reduce((sum, { report }) => sum + (report.student.accuracy ?? 0), 0) / own.length;
  };
  return studentLoss(arm, { withAll: mean(allIds), without: mean(ownIds) });
}
