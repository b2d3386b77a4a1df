/** How models of a format are opened by the thread that computes. One line in table.ts each. */
import type { FormatName, PackageOf } from '@lyceum/learning/formats';
import type { Engine } from '@lyceum/learning/tensorflow';
import type { EngineOpener } from '../rows/index.js';

/** What the thread has. */
export interface LocalPlace {
  readonly engine: Engine;
  /** Of engines that are told here and not by the environment. */
  readonly computeThreads: number;
}

export interface LocalOpener<Format extends FormatName = FormatName, Model = PackageOf<Format>>
  extends EngineOpener<LocalPlace, Format, Model> {
  /** What a person is told that ran it. Absent: TensorFlow's version. */
  version?(): string;
}
