/** The engine that all vectors are checked on, opened once. */
import { openEngine, prepareEngine, type Tf } from '@lyceum/learning/tensorflow';

let opened: Promise<Tf> | undefined;

export function conformanceEngine(): Promise<Tf> {
  if (opened === undefined) {
    prepareEngine(process.env, 1);
    opened = openEngine().then(({ tf }) => tf);
  }
  return opened;
}
