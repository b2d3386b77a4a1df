/** The engine that all vectors are checked on, opened once. */
import { openEngine, setComputeThreads, type Tf } from '@lyceum/learning/tensorflow';

let opened: Promise<Tf> | undefined;

export function conformanceEngine(): Promise<Tf> {
  if (opened === undefined) {
    setComputeThreads(1, process.env);
    opened = openEngine().then(({ tf }) => tf);
  }
  return opened;
}
