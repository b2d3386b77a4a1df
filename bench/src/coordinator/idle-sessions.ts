/**
 * Sessions of teacher workers without memory for a teacher. Each session has its own open connection, as that of an
 * idle worker has.
 */
import * as grpc from '@grpc/grpc-js';
import { KEEPALIVE_OPTIONS, newSessionKey, TeacherClient } from '@lyceum/platform';
import type { TeacherAssignment, TeacherReport } from '@lyceum/proto';

interface IdleSession {
  readonly client: TeacherClient;
  readonly call: grpc.ClientDuplexStream<TeacherReport, TeacherAssignment>;
}

export class IdleSessions {
  readonly #address: string;
  readonly #sessions: IdleSession[] = [];
  #end = false;
  #failed: (err: Error) => void = () => undefined;
  /** Rejects when the coordinator ends a session. Never resolves. */
  readonly failed: Promise<never>;

  constructor(address: string) {
    this.#address = address;
    this.failed = new Promise((_, reject) => {
      this.#failed = reject;
    });
    this.failed.catch(() => undefined);
  }

  /** Opens sessions until there are `count`. Resolves when the coordinator has answered on each. */
  async grow(count: number): Promise<void> {
    while (this.#sessions.length < count) await this.#open(this.#sessions.length + 1);
  }

  close(): void {
    this.#end = true;
    for (const { call, client } of this.#sessions.splice(0)) {
      call.cancel();
      client.close();
    }
  }

  async #open(number: number): Promise<void> {
    const client = new TeacherClient(this.#address, grpc.credentials.createInsecure(), {
      ...KEEPALIVE_OPTIONS,
      // Otherwise the clients of one process would share connections.
      'grpc.use_local_subchannel_pool': 1,
    });
    const call = client.session();
    this.#sessions.push({ client, call });
    call.on('error', (err) => {
      if (!this.#end) this.#failed(err);
    });
    const hello = {
      workerId: `idle-${number}`,
      sessionKey: newSessionKey(),
      version: 'bench',
      memoryBudgetBytes: 1,
      device: { engine: 'lookup', engineVersion: 'none', computeThreads: 1, device: 'none' },
    };
    call.write({ report: { $case: 'hello', hello } });
    await Promise.race([new Promise((resolve) => call.once('data', resolve)), this.failed]);
    call.resume();
  }
}
