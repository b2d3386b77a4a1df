/** The leader epoch: one higher at each start of a coordinator. */
import { LyceumError } from '@lyceum/proto';
import type { KeyValue } from '@lyceum/proto/node';
import { z } from 'zod';

const KEY = 'leader';

const leaderRecord = z.strictObject({ leaderEpoch: z.int().positive() });

/** @throws {LyceumError} ABORTED if another coordinator starts at the same moment. */
export async function nextLeaderEpoch(kv: KeyValue): Promise<number> {
  const found = await kv.get(KEY);
  const previous =
    found === undefined ? 0 : leaderRecord.parse(JSON.parse(found.value)).leaderEpoch;
  const leaderEpoch = previous + 1;
  const text = JSON.stringify({ leaderEpoch });
  try {
    if (found === undefined) await kv.create(KEY, text);
    else await kv.update(KEY, text, found.revision);
  } catch (err) {
    if (!(err instanceof LyceumError && err.code === 'ABORTED')) throw err;
    throw new LyceumError('ABORTED', 'another coordinator is starting on the same NATS');
  }
  return leaderEpoch;
}
