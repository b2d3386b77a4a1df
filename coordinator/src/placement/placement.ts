/**
 * Which student worker gets which run, and which teachers each teacher worker loads. Pure.
 *
 * Runs are served in the order of their submission. A run starts once a student worker is free and each of its
 * teachers has a place beside the teachers of earlier runs. A teacher worker loads every wanted teacher that fits
 * its memory. If not all fit, each teacher first gets one worker; the remaining room goes to the teachers that need
 * it most (`worker-shares.ts`).
 *
 * Placing is greedy: it may find no place where a search would find one. The run then waits and shows the reason.
 */
import {
  type GpuPlace,
  hasRoom,
  type Load,
  put,
  type Room,
  type TeacherNeed,
  type TeacherPlace,
  teacherGpuBytes,
  teacherMemoryBytes,
} from './worker-load.js';
import { fill, type SecondsPerSample } from './worker-shares.js';

export interface RunNeed {
  readonly runId: string;
  /** The run's student worker; `wanted`: it waits for one; `none`: it needs none any more. */
  readonly student: { readonly workerId: string } | 'wanted' | 'none';
  /** Student workers on which the run failed last: it gets another if one is free. */
  readonly failedOn?: readonly string[];
  /** Teachers that the run must still ask. */
  readonly teachers: readonly TeacherNeed[];
}

export interface Placement {
  /** Runs that may start now, each with its student worker. */
  readonly starts: ReadonlyMap<string, string>;
  /** Sorted identities to load, by worker. Every worker has an entry. */
  readonly teachers: ReadonlyMap<string, readonly string[]>;
  /** Why runs wait, by run: for a start or, if they have started, for a teacher. */
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * @param runs - all runs that have not ended, in the order of their submission.
 * @param students - sorted ids of the connected student workers.
 * @param seconds - that each teacher's inference of one sample takes.
 */
export function place(
  runs: readonly RunNeed[],
  students: readonly string[],
  workers: readonly TeacherPlace[],
  seconds: SecondsPerSample = new Map(),
): Placement {
  const starts = new Map<string, string>();
  const reasons = new Map<string, string>();
  const busy = new Map<string, string>();
  for (const run of runs) {
    if (typeof run.student === 'object') busy.set(run.student.workerId, run.runId);
  }

  const wanted = new Map<string, TeacherNeed>();
  // Many runs ask the same teachers: those without a place are found once.
  let homeless: readonly TeacherNeed[] | undefined;
  const admit = (run: RunNeed) => {
    for (const teacher of run.teachers) {
      if (!wanted.has(teacher.identity)) homeless = undefined;
      wanted.set(teacher.identity, teacher);
    }
  };
  const lackOfPlaceFor = ({ teachers }: RunNeed) => {
    homeless ??= cover([...wanted.values()], workers).homeless;
    return lackOfPlace(wanted, homeless, teachers, workers);
  };
  // Runs in progress first: a run that waits must never take the place of their teachers.
  for (const run of runs) {
    if (run.student === 'wanted') continue;
    admit(run);
    const lack = lackOfPlaceFor(run);
    if (lack !== undefined) reasons.set(run.runId, lack);
  }
  for (const run of runs) {
    if (run.student !== 'wanted') continue;
    const { failedOn = [] } = run;
    const idle = students.filter((id) => !busy.has(id));
    const free = idle.find((id) => !failedOn.includes(id)) ?? idle[0];
    const reason = lackOfStudent(students, busy, free) ?? lackOfPlaceFor(run);
    if (reason !== undefined || free === undefined) {
      reasons.set(run.runId, reason ?? '');
      continue;
    }
    admit(run);
    busy.set(free, run.runId);
    starts.set(run.runId, free);
  }

  const { loads } = cover([...wanted.values()], workers);
  fill([...wanted.values()], workers, loads, seconds);
  const teachers = new Map([...loads].map(([id, load]) => [id, [...load.identities].sort()]));
  return { starts, teachers, reasons };
}

function lackOfStudent(
  students: readonly string[],
  busy: ReadonlyMap<string, string>,
  free: string | undefined,
): string | undefined {
  if (free !== undefined) return undefined;
  if (students.length === 0) return 'no student worker is connected';
  const holders = students.flatMap((id) => busy.get(id) ?? []);
  const shown = holders.slice(0, 3).join(', ') + (holders.length > 3 ? ', …' : '');
  return `no student worker is free (${holders.length} of ${students.length} busy with ${shown})`;
}

/**
 * Why the teachers `more` have no place beside `wanted`; undefined: they have one.
 *
 * @param before - teachers of `wanted` that have no place even without `more`.
 */
function lackOfPlace(
  wanted: ReadonlyMap<string, TeacherNeed>,
  before: readonly TeacherNeed[],
  more: readonly TeacherNeed[],
  workers: readonly TeacherPlace[],
): string | undefined {
  if (more.length === 0) return undefined;
  if (workers.length === 0) return 'no teacher worker is connected';
  const untrusted = more.find((t) => workers.every((w) => w.barred.has(t.identity)));
  if (untrusted !== undefined) {
    return `teacher ${untrusted.name} has no healthy worker: it is quarantined on all that are connected`;
  }
  const unfit = unfitTeacher(more, workers);
  if (unfit !== undefined) return unfit;
  const added = new Map(
    more.flatMap((t): [string, TeacherNeed][] => (wanted.has(t.identity) ? [] : [[t.identity, t]])),
  );
  const homeless =
    added.size === 0 ? before : cover([...wanted.values(), ...added.values()], workers).homeless;
  // The run's own teachers must have a place, and must not take the place of other teachers.
  const lacking = homeless.find(
    (t) => called(t, more) !== undefined || called(t, before) === undefined,
  );
  if (lacking === undefined) return undefined;
  return `teacher ${(called(lacking, more) ?? lacking).name} waits for memory: the teacher workers are full of other teachers`;
}

/** The memory that a worker may use. */
export type WorkerBudget = Pick<TeacherPlace, 'memoryBudgetBytes' | 'gpu'>;

/** Text about a teacher too large for every connected worker; undefined: none is, or no worker is connected. */
export function unfitTeacher(
  teachers: readonly TeacherNeed[],
  workers: readonly WorkerBudget[],
): string | undefined {
  if (workers.length === 0) return undefined;
  const largest = Math.max(...workers.map((w) => w.memoryBudgetBytes));
  const tooLarge = teachers.find((t) => teacherMemoryBytes(t.weightBytes) > largest);
  if (tooLarge !== undefined) {
    const needs = gibibytes(teacherMemoryBytes(tooLarge.weightBytes));
    return `teacher ${tooLarge.name} needs ${needs}; the largest budget is ${gibibytes(largest)}`;
  }
  // One worker may lack main memory for the teacher, and another GPU memory.
  const homeless = teachers.find((t) => workers.every((w) => !hasRoom(emptyLoad(w), t)));
  if (homeless === undefined) return undefined;
  const largestGpu = Math.max(...workers.map((w) => w.gpu?.memoryBudgetBytes ?? 0));
  const needs = Math.min(
    ...workers.flatMap(({ gpu }) => (gpu === undefined ? [] : [teacherGpuBytes(homeless, gpu)])),
  );
  return `teacher ${homeless.name} needs ${gibibytes(needs)} of a GPU's memory; the largest budget is ${gibibytes(largestGpu)}`;
}

/** The entry of the same identity in `teachers`; undefined: there is none. */
function called(
  { identity }: TeacherNeed,
  teachers: readonly TeacherNeed[],
): TeacherNeed | undefined {
  return teachers.find((teacher) => teacher.identity === identity);
}

/** Gives each teacher one worker: a worker that has it loaded, otherwise the one with the most room. */
function cover(
  teachers: readonly TeacherNeed[],
  workers: readonly TeacherPlace[],
): { loads: Map<string, Load>; homeless: TeacherNeed[] } {
  const gpus = new Map<string, Room>();
  const loads = new Map<string, Load>(
    workers.map((worker) => [
      worker.workerId,
      { ...emptyLoad(worker, gpus), barred: worker.barred },
    ]),
  );
  const homeless: TeacherNeed[] = [];
  const largestFirst = [...teachers].sort((a, b) => b.weightBytes - a.weightBytes);
  for (const teacher of largestFirst) {
    let best: { load: Load; has: boolean } | undefined;
    for (const worker of workers) {
      const load = loads.get(worker.workerId);
      if (load === undefined || !hasRoom(load, teacher)) continue;
      if (worker.barred.has(teacher.identity)) continue;
      const has = worker.loaded.has(teacher.identity);
      const better =
        best === undefined ||
        (has && !best.has) ||
        (has === best.has && load.freeBytes > best.load.freeBytes);
      if (better) best = { load, has };
    }
    if (best === undefined) homeless.push(teacher);
    else put(best.load, teacher);
  }
  return { loads, homeless };
}

/** @param gpus - rooms of GPUs by UUID, shared by all workers; the worker's own GPU is added. */
function emptyLoad({ memoryBudgetBytes, gpu }: WorkerBudget, gpus = new Map<string, Room>()): Load {
  return {
    identities: new Set(),
    barred: new Set(),
    gpu,
    freeBytes: memoryBudgetBytes,
    gpuRooms: gpu === undefined ? [] : [{ freeBytes: gpu.memoryBudgetBytes }, wholeGpu(gpu, gpus)],
  };
}

function wholeGpu({ uuid, memoryBytes }: GpuPlace, gpus: Map<string, Room>): Room {
  const known = gpus.get(uuid);
  if (known !== undefined) return known;
  const room = { freeBytes: memoryBytes };
  gpus.set(uuid, room);
  return room;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1).replace(/\.0$/, '')} GiB`;
}
