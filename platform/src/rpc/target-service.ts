/** Handlers of `TargetService`, for any source of targets; target.proto says what each call promises. */
import {
  type GetTargetOutlineRequest,
  type GetTargetOutlineResponse,
  StreamTargetsRequest,
  type StreamTargetsResponse,
  type TargetOutline,
} from '@lyceum/proto';
import type { Logger } from '../process/index.js';
import { serverStream, unary } from './rpc-handlers.js';

export interface TargetMaker {
  outline(request: StreamTargetsRequest): Promise<TargetOutline>;
  stream(request: StreamTargetsRequest, signal: AbortSignal): AsyncIterable<StreamTargetsResponse>;
}

export interface TargetServiceParts {
  readonly targets: TargetMaker;
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

export function targetService({ targets, stopping, log }: TargetServiceParts) {
  return {
    streamTargets: serverStream<StreamTargetsRequest, StreamTargetsResponse>(
      log,
      (request, { signal }) => targets.stream(request, signal),
      { stopping },
    ),
    getTargetOutline: unary<GetTargetOutlineRequest, GetTargetOutlineResponse>(
      log,
      async ({ stream }) => ({
        outline: await targets.outline(stream ?? StreamTargetsRequest.create()),
      }),
    ),
  };
}
