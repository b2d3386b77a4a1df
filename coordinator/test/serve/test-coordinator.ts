/** A real `nats-server`, and the real coordinator in this process, on free ports and in a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddressGuard,
  ArtifactClient,
  ClusterClient,
  call,
  connect,
  createLogger,
  openClientStream,
  RunClient,
  StudentClient,
  TeacherClient,
} from '@lyceum/platform';
import {
  connectNats,
  findNatsServer,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '@lyceum/platform/nats';
import {
  ArtifactKind,
  CHUNK_BYTES,
  ListRunsRequest,
  type PushArtifactRequest,
  type PushArtifactResponse,
} from '@lyceum/proto';
import { freePort } from '../../../platform/test/support.js';
import type { Serving } from '../../src/serve.js';

const log = createLogger({ name: 'test', level: process.env['LYCEUM_TEST_LOG'] ?? 'silent' });

export class TestCoordinator {
  readonly nats: Nats;
  #server: NatsServer;
  readonly #folder: string;
  readonly #canaryIntervalMs: number;
  #serving: Serving;
  #clients: Clients;

  private constructor(
    folder: string,
    server: NatsServer,
    nats: Nats,
    serving: Serving,
    canaryIntervalMs: number,
  ) {
    this.#folder = folder;
    this.#server = server;
    this.nats = nats;
    this.#serving = serving;
    this.#canaryIntervalMs = canaryIntervalMs;
    this.#clients = clientsOf(serving.address);
  }

  /** @param canaryIntervalMs - see `ServeOptions`. */
  static async start(canaryIntervalMs = 60_000): Promise<TestCoordinator> {
    const folder = await mkdtemp(join(tmpdir(), 'lyceum-coordinator-'));
    const server = await startNats(folder, await freePort());
    const nats = await connectNats({ url: server.url, name: 'test', log });
    const address = `127.0.0.1:${await freePort()}`;
    const serving = await serveIn(folder, server.url, address, canaryIntervalMs);
    return new TestCoordinator(folder, server, nats, serving, canaryIntervalMs);
  }

  get clients(): Clients {
    return this.#clients;
  }

  /** The address of gRPC. */
  get address(): string {
    return this.#serving.address;
  }

  get natsUrl(): string {
    return this.#server.url;
  }

  get http(): string {
    return this.#serving.http;
  }

  /** The coordinator's state folder. */
  get stateDir(): string {
    return join(this.#folder, 'coordinator');
  }

  /**
   * Stops the coordinator and starts another at the same address with the same folder.
   *
   * @param meanwhile - done while there is none.
   */
  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const { address } = this.#serving;
    await this.#serving.stop();
    await meanwhile();
    const { url } = this.#server;
    this.#serving = await serveIn(this.#folder, url, address, this.#canaryIntervalMs);
    // Peers call once, so connections that failed meanwhile must be up again.
    for (const client of Object.values(this.#clients)) await reached(client);
  }

  /**
   * Stops `nats-server` and starts it again at the same address with its files.
   *
   * @param meanwhile - done while there is none.
   */
  async restartNats(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const port = Number(new URL(this.#server.url).port);
    await this.#server.stop();
    try {
      await meanwhile();
    } finally {
      this.#server = await startNats(this.#folder, port);
    }
  }

  async stop(): Promise<void> {
    for (const client of Object.values(this.#clients)) client.close();
    await this.#serving.stop();
    await this.nats.close();
    await this.#server.stop();
    await rm(this.#folder, { recursive: true });
  }

  /** @returns the artifact's digest. */
  async push(kind: 'model' | 'dataset', name: string, bytes: Buffer): Promise<string> {
    const kinds = {
      model: ArtifactKind.ARTIFACT_KIND_MODEL,
      dataset: ArtifactKind.ARTIFACT_KIND_DATASET,
    };
    const { artifact } = this.#clients;
    const push = openClientStream<PushArtifactRequest, PushArtifactResponse>((done) =>
      artifact.pushArtifact(done),
    );
    const header = { kind: kinds[kind], name, sizeBytes: bytes.length };
    await push.send({ part: { $case: 'header', header } });
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await push.send({ part: { $case: 'chunk', chunk: bytes.subarray(at, at + CHUNK_BYTES) } });
    }
    push.end();
    return (await push.response).artifact?.digest ?? '';
  }

  /** Cancels all runs, and waits until no run and no worker is left. */
  async quiet(): Promise<void> {
    const { run, cluster } = this.#clients;
    await eventually(async () => {
      const { runs } = await call(run, run.listRuns, ListRunsRequest.fromPartial({}));
      const going = runs.filter(({ endedAtMs }) => endedAtMs === 0);
      for (const { runId } of going) await call(run, run.cancelRun, { runId }).catch(() => {});
      return going.length === 0 ? true : undefined;
    });
    await eventually(async () => {
      const { workers } = await call(cluster, cluster.listWorkers, {});
      return workers.length === 0 ? true : undefined;
    });
  }

  async run(runId: string) {
    const { run } = this.#clients;
    const response = await call(run, run.getRun, { runId });
    if (response.run === undefined) throw new Error('no run in the response');
    return response.run;
  }
}

type Clients = ReturnType<typeof clientsOf>;

function clientsOf(address: string) {
  return {
    run: connect(RunClient, address),
    artifact: connect(ArtifactClient, address),
    cluster: connect(ClusterClient, address),
    teacher: connect(TeacherClient, address),
    student: connect(StudentClient, address),
  };
}

function reached(client: Parameters<typeof call>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + EVENTUALLY_MS;
    client.waitForReady(deadline, (err) => (err === undefined ? resolve() : reject(err)));
  });
}

function startNats(folder: string, port: number): Promise<NatsServer> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  return startNatsServer({ binary, storeDir: join(folder, 'nats'), port, log });
}

async function serveIn(
  folder: string,
  natsUrl: string,
  listenAddress: string,
  canaryIntervalMs: number,
): Promise<Serving> {
  // Loaded here, because tests that start no coordinator import this file too.
  const { serve } = await import('../../src/serve.js');
  return serve({
    natsUrl,
    stateDir: join(folder, 'coordinator'),
    answersMaxBytes: 1 << 30,
    dataThreads: 1,
    canaryIntervalMs,
    outside: {
      secrets: { folder: undefined, variables: {}, unboundGo: 'nowhere' },
      // Inference servers run in the test's process.
      addresses: new AddressGuard(['127.0.0.1']),
    },
    listenAddress,
    httpAddress: '127.0.0.1:0',
    insecure: false,
    version: '0.0.0-test',
    log,
  });
}

/** A little less than a test's time limit, so that a failure shows the state. */
const EVENTUALLY_MS = 200_000;

/** Waits until `look` gives a value. @param state - shown in the error if it never does. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  state: () => unknown = () => '',
): Promise<T> {
  for (const sinceMs = Date.now(); Date.now() - sinceMs < EVENTUALLY_MS; ) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain: ${JSON.stringify(state())}`);
}
