/** What is to be loaded on each teacher worker, while that is being decided. */
import { computesHere } from '@lyceum/learning/formats';

/** Memory of a loaded teacher: weights, their copy while loading, and activations, as a multiple of the weights. */
export const TEACHER_MEMORY_FACTOR = 3;

/** Memory of a loaded teacher whatever its size, bytes. */
export const TEACHER_MEMORY_BYTES = 32 * 1024 * 1024;

export interface TeacherNeed {
  readonly identity: string;
  /** What runs call the teacher. */
  readonly name: string;
  readonly weightBytes: number;
  /** What runs it; absent: something that computes. */
  readonly engine?: string;
}

/** A worker's GPU, on which its teachers compute. */
export interface GpuPlace {
  /** Equal for all workers that compute on it. */
  readonly uuid: string;
  readonly memoryBytes: number;
  /** The part of it for this worker's teachers. */
  readonly memoryBudgetBytes: number;
  /** What teachers were seen to take of a GPU when they were loaded, by identity; on any worker. */
  readonly measured: ReadonlyMap<string, number>;
}

export interface TeacherPlace {
  readonly workerId: string;
  readonly memoryBudgetBytes: number;
  /** Absent: its processor computes. */
  readonly gpu?: GpuPlace | undefined;
  /** Teachers that it has or was told to load; they are left where they are if they may. */
  readonly loaded: ReadonlySet<string>;
  /** Teachers that it must not have: it is quarantined with them. */
  readonly barred: ReadonlySet<string>;
}

export interface Load {
  readonly identities: Set<string>;
  readonly barred: ReadonlySet<string>;
  readonly gpu: GpuPlace | undefined;
  freeBytes: number;
  /** Room in the worker's budget and on the GPU itself, which other workers may share; none without a GPU. */
  readonly gpuRooms: readonly Room[];
}

export interface Room {
  freeBytes: number;
}

/** By worker. */
export type Loads = ReadonlyMap<string, Load>;

/** Bytes that a loaded teacher is counted with. */
export function teacherMemoryBytes(weightBytes: number): number {
  return TEACHER_MEMORY_FACTOR * weightBytes + TEACHER_MEMORY_BYTES;
}

/**
 * Bytes of the worker's GPU that a teacher is counted with: what was measured, but never less than its weights, since an
 * engine may have had room from a teacher before. One that was never loaded is taken for what it would take of memory.
 */
export function teacherGpuBytes(
  { identity, engine, weightBytes }: TeacherNeed,
  gpu: GpuPlace | undefined,
): number {
  if (gpu === undefined || (engine !== undefined && !computesHere(engine))) return 0;
  const measured = gpu.measured.get(identity);
  return measured === undefined ? teacherMemoryBytes(weightBytes) : Math.max(measured, weightBytes);
}

export function hasRoom(load: Load, teacher: TeacherNeed): boolean {
  if (load.freeBytes < teacherMemoryBytes(teacher.weightBytes)) return false;
  const gpuBytes = teacherGpuBytes(teacher, load.gpu);
  return load.gpuRooms.every(({ freeBytes }) => freeBytes >= gpuBytes);
}

export function fits(load: Load, teacher: TeacherNeed): boolean {
  if (load.identities.has(teacher.identity) || load.barred.has(teacher.identity)) return false;
  return hasRoom(load, teacher);
}

export function put(load: Load, teacher: TeacherNeed): void {
  load.identities.add(teacher.identity);
  load.freeBytes -= teacherMemoryBytes(teacher.weightBytes);
  const gpuBytes = teacherGpuBytes(teacher, load.gpu);
  for (const room of load.gpuRooms) room.freeBytes -= gpuBytes;
}

export function take(load: Load, teacher: TeacherNeed): void {
  load.identities.delete(teacher.identity);
  load.freeBytes += teacherMemoryBytes(teacher.weightBytes);
  const gpuBytes = teacherGpuBytes(teacher, load.gpu);
  for (const room of load.gpuRooms) room.freeBytes += gpuBytes;
}
