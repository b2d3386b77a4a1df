/** A run's targets for a student elsewhere: whole batches, even if the coordinator is away meanwhile. */
import { openServerStream, retryDelayMs, sleep, type TargetClient } from '@lyceum/platform';
import {
  LyceumError,
  StreamTargetsRequest,
  type StreamTargetsResponse,
  type TargetBatch,
  type TargetOutline,
  type Tensor,
  toLyceumError,
} from '@lyceum/proto';
import { AWAY_MAX_MS, type WatchOptions } from './watching.js';

/** Fields as in target.proto; an absent field is 0 or false. */
export type TargetsRequest = Partial<StreamTargetsRequest> & Pick<StreamTargetsRequest, 'runId'>;

/** First the outline, then whole batches, and reasons why there is none yet. */
export type TargetPart = NonNullable<StreamTargetsResponse['part']>;

/**
 * The targets, as `TargetService.StreamTargets` gives them. A broken stream is opened again at the first missing step,
 * at the same coordinator or its successor.
 *
 * @throws {LyceumError} as the service does; FAILED_PRECONDITION if another run has taken the run's name meanwhile.
 */
export async function* streamTargets(
  client: TargetClient,
  asked: TargetsRequest,
  options: WatchOptions,
): AsyncGenerator<TargetPart, void, undefined> {
  const request = StreamTargetsRequest.fromPartial(asked);
  let outline: TargetOutline | undefined;
  let nextStep = request.firstStep;
  let awaySinceMs: number | undefined;
  for (let attempt = 0; outline === undefined || nextStep < outline.endStep; ) {
    // A stream that has begun waits for workers, which come back after the coordinator does.
    const rest = outline && { firstStep: nextStep, endStep: outline.endStep, wait: true };
    try {
      for await (const part of oneStream(client, { ...request, ...rest }, options)) {
        [awaySinceMs, attempt] = [undefined, 0];
        if (part.$case === 'outline') {
          if (outline !== undefined) requireSame(outline, part.outline);
          const isFirst = outline === undefined;
          outline = part.outline;
          if (!isFirst) continue;
        }
        yield part;
        if (part.$case === 'batch') nextStep = part.batch.step + 1;
      }
      if (outline !== undefined && nextStep >= outline.endStep) return;
      throw new LyceumError('UNAVAILABLE', 'the stream of targets ended early');
    } catch (thrown) {
      const error = toLyceumError(thrown);
      if (!error.retryable || outline === undefined) throw thrown;
      if (awaySinceMs === undefined) {
        awaySinceMs = performance.now();
        options.onAway?.(error);
      }
      if (performance.now() - awaySinceMs > AWAY_MAX_MS) throw thrown;
    }
    await sleep(retryDelayMs(attempt++, Math.random()), options.signal);
  }
}

/** One call; the parts of each batch are joined. */
async function* oneStream(
  client: TargetClient,
  request: StreamTargetsRequest,
  { signal }: WatchOptions,
): AsyncGenerator<TargetPart, void, undefined> {
  const call = openServerStream(() => client.streamTargets(request), signal ? { signal } : {});
  let parts: TargetBatch[] = [];
  try {
    for await (const { part } of call.incoming) {
      if (part?.$case !== 'batch') {
        if (part !== undefined) yield part;
        continue;
      }
      parts.push(part.batch);
      if (!part.batch.endsBatch) continue;
      yield { $case: 'batch', batch: wholeBatch(parts) };
      parts = [];
    }
  } finally {
    call.cancel();
  }
}

/** @param parts - of one batch, in order; at least one. */
function wholeBatch(parts: readonly TargetBatch[]): TargetBatch {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error('a batch without parts');
  if (others.length === 0) return first;
  return {
    ...first,
    samples: parts.flatMap(({ samples }) => samples),
    labels: parts.flatMap(({ labels }) => labels),
    tensors: first.tensors.map((_, index) => wholeTensor(parts.map((p) => p.tensors[index]))),
    endsBatch: true,
  };
}

function wholeTensor(parts: readonly (Tensor | undefined)[]): Tensor {
  const there = parts.filter((part) => part !== undefined);
  const [first] = there;
  if (first === undefined || there.length < parts.length) {
    throw new LyceumError('INTERNAL', 'the parts of a batch have different tensors');
  }
  const rowCount = there.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = Buffer.concat(there.map((part) => part.data));
  return { ...first, shape: [rowCount, ...first.shape.slice(1)], data };
}

/** Refuses a run that was deleted and submitted anew under its name: it has other targets. */
function requireSame(before: TargetOutline, now: TargetOutline): void {
  const of = ({ specificationDigest, datasetDigest, teachers }: TargetOutline) =>
    [specificationDigest, datasetDigest, ...teachers.map(({ identity }) => identity)].join();
  if (of(before) === of(now)) return;
  const message = `run ${before.runId} was replaced while its targets were read; start again`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}
