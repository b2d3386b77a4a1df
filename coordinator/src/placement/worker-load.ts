/** What is to be loaded on each teacher worker, while that is being decided. */

/** Memory of a loaded teacher: weights, their copy while loading, and activations, as a multiple of the weights. */
export const TEACHER_MEMORY_FACTOR = 3;

/** Memory of a loaded teacher whatever its size, bytes. */
export const TEACHER_MEMORY_BYTES = 32 * 1024 * 1024;

export interface TeacherNeed {
  readonly identity: string;
  /** What its users call it. */
  readonly name: string;
  readonly weightBytes: number;
}

export interface TeacherPlace {
  readonly workerId: string;
  readonly memoryBudgetBytes: number;
  /** Teachers that it has or was told to load; they are left where they are if they may. */
  readonly loaded: ReadonlySet<string>;
  /** Teachers that it must not have: it is quarantined with them. */
  readonly barred: ReadonlySet<string>;
}

export interface Load {
  readonly identities: Set<string>;
  readonly barred: ReadonlySet<string>;
  freeBytes: number;
}

/** By worker. */
export type Loads = ReadonlyMap<string, Load>;

/** Bytes that a loaded teacher is counted with. */
export function teacherMemoryBytes(weightBytes: number): number {
  return TEACHER_MEMORY_FACTOR * weightBytes + TEACHER_MEMORY_BYTES;
}

export function fits(load: Load, { identity, weightBytes }: TeacherNeed): boolean {
  if (load.identities.has(identity) || load.barred.has(identity)) return false;
  return load.freeBytes >= teacherMemoryBytes(weightBytes);
}

export function put(load: Load, teacher: TeacherNeed): void {
  load.identities.add(teacher.identity);
  load.freeBytes -= teacherMemoryBytes(teacher.weightBytes);
}

export function take(load: Load, teacher: TeacherNeed): void {
  load.identities.delete(teacher.identity);
  load.freeBytes += teacherMemoryBytes(teacher.weightBytes);
}
