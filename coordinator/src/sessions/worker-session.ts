/** What sessions of teacher and student workers share: the worker's hello, its desired state, the session's end. */
import { setMaxListeners } from 'node:events';
import type { SessionHolder } from '@lyceum/platform';
import { type LyceumError, sha256Hex, type WorkerDevice } from '@lyceum/proto';
import type { WorkerEnvironment } from '../runs/index.js';
import { DesiredState } from './desired-state.js';

interface Hello {
  readonly workerId: string;
  readonly version: string;
  readonly device: WorkerDevice | undefined;
  readonly sessionKey: Buffer;
}

export abstract class WorkerSession<H extends Hello, A extends { revision: number }>
  implements SessionHolder
{
  readonly workerId: string;
  readonly sessionKeyDigest: string;
  /** The worker's hello without its session key, which must not be shown. */
  readonly hello: H;
  readonly connectedAtMs: number;
  readonly desired: DesiredState<A>;
  readonly #ended = new AbortController();

  constructor(hello: H, connectedAtMs: number, send: (assignment: A) => Promise<void>) {
    this.workerId = hello.workerId;
    this.sessionKeyDigest = sha256Hex(hello.sessionKey);
    this.hello = { ...hello, sessionKey: Buffer.alloc(0) };
    this.connectedAtMs = connectedAtMs;
    this.desired = new DesiredState(send);
    // Each of the worker's calls listens, and a teacher worker has several for each teacher.
    setMaxListeners(0, this.#ended.signal);
  }

  /** Aborts when the session is to end. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Ends the session's call with an error. */
  end(reason: LyceumError): void {
    this.#ended.abort(reason);
  }

  /** The worker's environment: it decides the bits of results. */
  environment(): WorkerEnvironment {
    const { workerId, version, device } = this.hello;
    const gpu = device?.gpu;
    return {
      workerId,
      version,
      engine: device?.engine ?? '',
      engineVersion: device?.engineVersion ?? '',
      computeThreads: device?.computeThreads ?? 0,
      device: device?.device ?? '',
      ...(gpu !== undefined && {
        gpuDriver: gpu.driver,
        gpuMemoryBytes: gpu.memoryBytes,
        gpuPrecision: gpu.precision,
      }),
      ...(device?.bitsMayDiffer === true && { bitsMayDiffer: true }),
    };
  }
}
