/**
 * Which of the worker's threads has which teacher: those that compute share one, those that somebody else runs another,
 * which is started when the first of them is loaded.
 */
import { isRemoteEngine } from '@lyceum/learning/formats';
import { LyceumError } from '@lyceum/proto';
import { Compute } from './compute.js';
import type { ComputeCommand, ComputeResults, RemoteSettings } from './protocol.js';

export class Hosts {
  /** Resolves with the reason if a thread dies by itself; the worker cannot go on without it. */
  readonly died: Promise<Error>;
  readonly #compute: Compute;
  readonly #settings: RemoteSettings;
  #remote: Promise<Compute> | undefined;
  readonly #remoteTeachers = new Set<string>();
  #remoteDied: (reason: Error) => void = () => {};

  constructor(compute: Compute, settings: RemoteSettings) {
    this.#compute = compute;
    this.#settings = settings;
    const remote = new Promise<Error>((resolve) => {
      this.#remoteDied = resolve;
    });
    this.died = Promise.race([compute.died, remote]);
  }

  /** @throws {LyceumError} what `Compute.run` throws. */
  async run<C extends ComputeCommand>(command: C): Promise<ComputeResults[C['command']]> {
    if (command.command === 'keep-datasets') {
      await (await this.#remote)?.run(command);
      return this.#compute.run(command);
    }
    const { identity } = command;
    if (command.command === 'load' && isRemoteEngine(command.engine)) {
      this.#remoteTeachers.add(identity);
    }
    if (!this.#remoteTeachers.has(identity)) return this.#compute.run(command);
    const remote = await this.#startRemote();
    if (command.command === 'unload') this.#remoteTeachers.delete(identity);
    return remote.run(command);
  }

  #startRemote(): Promise<Compute> {
    this.#remote ??= Compute.start('remote-thread', this.#settings, () => {});
    const started = this.#remote;
    started.then(
      ({ died }) => died.then(this.#remoteDied),
      (err: unknown) => {
        const cause = err instanceof Error ? err : new Error(String(err));
        this.#remoteDied(
          new LyceumError('INTERNAL', 'the remote thread does not start', { cause }),
        );
      },
    );
    return started;
  }
}
