/** The teachers planned for each teacher worker during placement, and the room that is left there. */
import { computesHere } from '@lyceum/learning/formats';

/** Memory of a loaded teacher: weights, their copy while loading, and activations, as a multiple of the weights. */
export const TEACHER_MEMORY_FACTOR = 3;

/** Fixed part of a loaded teacher's memory, bytes. */
export const TEACHER_MEMORY_BYTES = 32 * 1024 * 1024;

export interface TeacherNeed {
  readonly identity: string;
  /** The teacher's name in a run. */
  readonly name: string;
  readonly weightBytes: number;
  /** Name of the engine that runs the teacher; absent: one that computes on the worker. */
  readonly engine?: string;
}

/** A worker's GPU, on which its teachers compute. */
export interface GpuPlace {
  /** Equal for all workers that share the GPU. */
  readonly uuid: string;
  readonly memoryBytes: number;
  /** The part of the GPU's memory for this worker's teachers. */
  readonly memoryBudgetBytes: number;
  /** Measured bytes of GPU memory that loaded teachers take, by identity; on any worker. */
  readonly measured: ReadonlyMap<string, number>;
}

export interface TeacherPlace {
  readonly workerId: string;
  readonly memoryBudgetBytes: number;
  /** Absent: the worker computes on its processor. */
  readonly gpu?: GpuPlace | undefined;
  /** Teachers that the worker has loaded, or was told to load; they stay there if possible. */
  readonly loaded: ReadonlySet<string>;
  /** Teachers that the worker must not load: it is quarantined for them. */
  readonly barred: ReadonlySet<string>;
}

export interface Load {
  readonly identities: Set<string>;
  readonly barred: ReadonlySet<string>;
  readonly gpu: GpuPlace | undefined;
  freeBytes: number;
  /** Room in the worker's GPU budget, and on the GPU itself, which workers may share; empty without a GPU. */
  readonly gpuRooms: readonly Room[];
}

export interface Room {
  freeBytes: number;
}

/** By worker id. */
export type Loads = ReadonlyMap<string, Load>;

/** Bytes of main memory that a loaded teacher counts for. */
export function teacherMemoryBytes(weightBytes: number): number {
  return TEACHER_MEMORY_FACTOR * weightBytes + TEACHER_MEMORY_BYTES;
}

/**
 * Bytes of the worker's GPU that a teacher counts for: the measured bytes, but at least its weights, since an engine
 * may reuse room of an earlier teacher. A teacher that was never measured counts for as much as in main memory.
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
