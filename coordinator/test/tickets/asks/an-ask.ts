/** Asks, askers and takers: four samples of one teacher. */
import type { Ask, Asker } from '../../../src/tickets/asks/index.js';
import { askFor } from '../../../src/tickets/asks/index.js';

export const TEACHER = 'ab'.repeat(32);

export function anAsk({ codec = 'float32' }: { codec?: 'float32' | 'float16' } = {}): Ask {
  return askFor(
    { digest: 'cd'.repeat(32), classCount: 3, sampleCount: 10 },
    {
      teacherIdentity: TEACHER,
      split: 'train',
      view: { text: 'identity', epoch: 0 },
      span: { epoch: 0, firstPosition: 0, positionCount: 4 },
      outputs: [{ name: 'logits', rowLength: 3, codec }],
    },
    Uint32Array.of(3, 1, 2, 0),
  );
}

export function anAsker(askerId: string): Asker {
  return { askerId, runId: `run of ${askerId}`, satisfied: () => {}, failed: () => {} };
}

export function aTaker(workerId: string, mayTake = true) {
  return { workerId, sessionKeyDigest: 'key', mayTake: () => mayTake };
}
