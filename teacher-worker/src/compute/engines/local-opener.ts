/** How models of a format are opened by the thread that computes. One line in table.ts each. */
import type { FormatName, PackageOf } from '@lyceum/learning/formats';
import type { Engine } from '@lyceum/learning/tensorflow';
import type { EngineOpener } from '../engine/index.js';
import type { WorkerGpu } from './teacher-device.js';

/** What the thread has. */
export interface LocalPlace {
  readonly engine: Engine;
  /** Of engines that are told here and not by the environment. */
  readonly computeThreads: number;
  /** Absent: the processor computes. */
  readonly gpu?: WorkerGpu | undefined;
}

/** Where one teacher is opened. */
interface ChosenPlace extends LocalPlace {
  readonly device: 'cpu' | 'cuda';
}

export interface LocalOpener<Format extends FormatName = FormatName, Model = PackageOf<Format>>
  extends EngineOpener<ChosenPlace, Format, Model> {
  /** Why its engine cannot use a GPU; undefined: it can, as far as is known before. Absent: it computes nothing. */
  gpuProblem?(place: LocalPlace, gpu: WorkerGpu): string | undefined;
  /** Whether equal questions get equal bits on a GPU; default true. */
  readonly isExactOnGpu?: boolean;
  /** What a person is told that ran it. Absent: TensorFlow's version. */
  version?(): string;
}
