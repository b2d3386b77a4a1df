/** How the thread that computes opens models of a format. Each format has one line in table.ts. */
import type { FormatName, PackageOf } from '@lyceum/learning/formats';
import type { Engine } from '@lyceum/learning/tensorflow';
import type { EngineOpener } from '../engine/index.js';
import type { WorkerGpu } from './teacher-device.js';

/** The parts that the thread provides for all its teachers. */
export interface LocalPlace {
  readonly engine: Engine;
  /** Threads of engines that take their number from here and not from the environment. */
  readonly computeThreads: number;
  /** The worker's GPU; absent: the processor computes. */
  readonly gpu?: WorkerGpu | undefined;
}

/** The place of one teacher. */
interface ChosenPlace extends LocalPlace {
  readonly device: 'cpu' | 'cuda';
}

export interface LocalOpener<Format extends FormatName = FormatName, Model = PackageOf<Format>>
  extends EngineOpener<ChosenPlace, Format, Model> {
  /** Why the engine cannot use a GPU; undefined: no reason is known. Absent: the engine computes nothing. */
  gpuProblem?(place: LocalPlace, gpu: WorkerGpu): string | undefined;
  /** Whether equal questions get equal bits on a GPU; default true. */
  readonly isExactOnGpu?: boolean;
  /** Name and version of the engine, for people. Absent: TensorFlow's version. */
  version?(): string;
}
