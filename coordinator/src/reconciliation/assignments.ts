/** What teacher workers and student workers are told: the complete state that each should have. Pure. */

import { normalisedText } from '@lyceum/learning/specification';
import type { SessionHolder } from '@lyceum/platform';
import {
  AssignedRun,
  digestBytes,
  type StudentAssignment,
  type TeacherAssignment,
  TICKET_STREAM,
  ticketConsumer,
  type WantedTeacher,
} from '@lyceum/proto';
import type { ProbedSet, ReplicaOrders } from '../health/index.js';
import { gridOf, orderOf, type RunRecord, targetTensors } from '../runs/index.js';
import { isAssigned, studentWindowSteps, ticketsInHand } from '../schedule/index.js';
import { isHeldBy } from '../sessions/index.js';
import type { TeacherUser } from '../tickets/index.js';

/** An assignment without its revision, which the session adds. */
export type Unnumbered<Assignment> = Omit<Assignment, 'revision'>;

/** Shared by all teacher workers that are not needed, to save memory. */
export const NOT_NEEDED: Unnumbered<TeacherAssignment> = {
  teachers: [],
  ticketStream: TICKET_STREAM,
};

/** For student workers without a run. */
export const NO_RUN: Unnumbered<StudentAssignment> = { run: undefined };

/** A teacher that is needed, and the data sets that it is asked about. */
export interface KnownTeacher extends Omit<WantedTeacher, 'ticketsInHand' | 'probes'> {
  readonly sets: ProbedSet[];
}

/** All teachers that the users need, by identity; users are runs that have not ended, and others. */
export function wantedTeachers(
  users: Iterable<Pick<TeacherUser, 'teachers' | 'dataset'>>,
): Map<string, KnownTeacher> {
  const wanted = new Map<string, KnownTeacher>();
  for (const { teachers, dataset } of users) {
    const reference = { digest: digestBytes(dataset.digest), path: dataset.path ?? '' };
    for (const teacher of teachers) {
      const { name, identity, modelDigest, settingsJson, engine, access, knownClasses } = teacher;
      const set = { ...dataset, engine, access, ...(knownClasses && { knownClasses }) };
      const known = wanted.get(identity);
      if (known === undefined) {
        wanted.set(identity, {
          teacherIdentity: digestBytes(identity),
          modelDigest: digestBytes(modelDigest),
          settingsJson,
          engine,
          names: [name],
          ticketConsumer: ticketConsumer(identity),
          datasets: [reference],
          sets: [set],
        });
        continue;
      }
      if (!known.names.includes(name)) known.names.push(name);
      const index = known.sets.findIndex(({ digest }) => digest === dataset.digest);
      if (index < 0) {
        known.datasets.push(reference);
        known.sets.push(set);
      } else if (access !== 'black') known.sets[index] = { ...set, access: 'white' };
    }
  }
  return wanted;
}

/**
 * The worker's teachers, in the order in which the worker asks for their tickets. Each worker begins with another
 * teacher, since a span is complete only when all teachers have answered.
 *
 * @param placed - identities.
 * @param workerIndex - index of the worker among all workers.
 */
export function teachersInTurn(placed: readonly string[], workerIndex: number): string[] {
  const first = placed.length === 0 ? 0 : workerIndex % placed.length;
  return [...placed.slice(first), ...placed.slice(0, first)];
}

/**
 * @param identities - the teachers that the worker is to have, in its order.
 * @param wanted - all teachers that are needed; the worker is told of no others.
 * @param orders - orders about each teacher, by identity.
 */
export function teacherAssignment(
  identities: readonly string[],
  wanted: ReadonlyMap<string, KnownTeacher>,
  orders: ReadonlyMap<string, Pick<ReplicaOrders, 'probes' | 'serves'>>,
): Unnumbered<TeacherAssignment> {
  const inHand = ticketsInHand(identities.length);
  const teachers = identities.flatMap((identity): WantedTeacher[] => {
    const teacher = wanted.get(identity);
    const order = orders.get(identity);
    if (teacher === undefined || order === undefined) return [];
    const { sets: _, ...told } = teacher;
    return [{ ...told, probes: order.probes, ticketsInHand: order.serves ? inHand : 0 }];
  });
  return { teachers, ticketStream: TICKET_STREAM };
}

/** The run of each student worker that holds one, by worker id. */
export function heldRuns(
  records: readonly RunRecord[],
  sessions: readonly SessionHolder[],
): Map<string, RunRecord> {
  const assigned = new Map<string | undefined, RunRecord>();
  for (const record of records) {
    if (isAssigned(record.state)) assigned.set(record.assignment?.workerId, record);
  }
  const held = new Map<string, RunRecord>();
  for (const session of sessions) {
    const record = assigned.get(session.workerId);
    if (record !== undefined && isHeldBy(record.assignment, session)) {
      held.set(session.workerId, record);
    }
  }
  return held;
}

/** The assignment of the student worker that holds the run. */
export function studentAssignment(record: RunRecord): Unnumbered<StudentAssignment> {
  const { runId, attempt, assignment, specification, dataset, studentModelDigest } = record;
  const { teachers, acceptedNumerics = [] } = record;
  const grid = gridOf(record);
  const run = AssignedRun.fromPartial({
    runId,
    attempt,
    assignmentEpoch: assignment?.assignmentEpoch ?? 0,
    specificationJson: normalisedText(specification),
    dataset: { digest: digestBytes(dataset.digest), path: dataset.path ?? '' },
    ...(studentModelDigest !== undefined && {
      studentModelDigest: digestBytes(studentModelDigest),
    }),
    targetTensors: targetTensors(record).map(({ name, rowShape }) => ({
      name,
      rowShape: [...rowShape],
    })),
    windowSteps: studentWindowSteps(grid),
    spanPositions: grid.spanPositions,
    blockPositions: orderOf(record).blockPositions,
    teacherIdentities: teachers.map(({ identity }) => digestBytes(identity)),
    acceptedNumerics,
  });
  return { run };
}
