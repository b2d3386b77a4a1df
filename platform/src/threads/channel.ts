/**
 * Calls over a port: each side calls the other's functions by name. Messages arrive in the order in which they were
 * sent. Arguments and answers are plain data, copied except for {@link moved} buffers; errors arrive as they were
 * thrown.
 */
import type { LyceumError } from '@lyceum/proto';
import { type CarriedError, carriedError, type ErrorKind, errorOf } from './carried-error.js';

export type Name<There> = Extract<keyof There, string>;
export type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
export type Answer<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

type Message =
  /** A call without an id gets no answer. */
  | { readonly call: string; readonly args: readonly unknown[]; readonly id?: number }
  | { readonly answered: number; readonly answer: unknown }
  | { readonly failed: number; readonly error: CarriedError };

interface Port {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: Message) => void): unknown;
}

type Functions = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

interface Waiter {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (err: LyceumError) => void;
}

/** Buffers to transfer, by the value that is sent. */
const MOVED = new WeakMap<object, readonly ArrayBuffer[]>();

/**
 * Transfers these buffers with the value instead of copying them, in an argument or an answer: the sender cannot use
 * them any more.
 *
 * @param buffers - one that is named several times is transferred once.
 */
export function moved<T extends object>(value: T, buffers: Iterable<ArrayBuffer>): T {
  MOVED.set(value, [...new Set(buffers)]);
  return value;
}

export interface ChannelOptions {
  /** Further classes of errors that keep their class, in addition to those that all programs know. */
  readonly kinds?: readonly ErrorKind[];
  /** True: this side carries out one call after another. Default: side by side. */
  readonly inTurn?: boolean;
}

/** @typeParam There - the functions that the other side offers. */
export class Channel<There extends object> {
  readonly #port: Port;
  readonly #here: Functions;
  readonly #kinds: readonly ErrorKind[];
  readonly #inTurn: boolean;
  #turn: Promise<void> = Promise.resolve();
  readonly #waiting = new Map<number, Waiter>();
  #lastId = 0;
  #end: LyceumError | undefined;

  /** @param here - functions that the other side may call. */
  constructor(port: Port, here: object, { kinds = [], inTurn = false }: ChannelOptions = {}) {
    this.#port = port;
    this.#here = here as Functions;
    this.#kinds = kinds;
    this.#inTurn = inTurn;
    port.on('message', (message) => this.#receive(message));
  }

  get isAlive(): boolean {
    return this.#end === undefined;
  }

  /** @throws {LyceumError} the function's error; why the other side has ended, if it has. */
  call<N extends Name<There>>(name: N, ...args: Arguments<There[N]>): Promise<Answer<There[N]>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      const id = ++this.#lastId;
      this.#send({ call: name, args, id }, args);
      this.#waiting.set(id, { resolve, reject });
    }) as Promise<Answer<There[N]>>;
  }

  /** A call without an answer; its function must not throw. */
  tell<N extends Name<There>>(name: N, ...args: Arguments<There[N]>): void {
    this.#send({ call: name, args }, args);
  }

  /** Fails all calls, present and later ones. @returns false if it has done so before. */
  protected end(why: LyceumError): boolean {
    if (this.#end !== undefined) return false;
    this.#end = why;
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
    return true;
  }

  #receive(message: Message): void {
    if ('call' in message) {
      const { call, args, id } = message;
      if (id === undefined) this.#run(call, args);
      else if (this.#inTurn) this.#turn = this.#turn.then(() => this.#answer(id, call, args));
      else void this.#answer(id, call, args);
    } else if ('failed' in message) {
      this.#take(message.failed)?.reject(errorOf(message.error, this.#kinds));
    } else {
      this.#take(message.answered)?.resolve(message.answer);
    }
  }

  async #answer(id: number, call: string, args: readonly unknown[]): Promise<void> {
    try {
      const answer = await this.#run(call, args);
      this.#send({ answered: id, answer }, [answer]);
    } catch (thrown) {
      this.#send({ failed: id, error: carriedError(thrown) });
    }
  }

  #run(name: string, args: readonly unknown[]): unknown {
    const offered = this.#here[name];
    if (offered === undefined) throw new Error(`there is no function ${name} to call`);
    return offered.apply(this.#here, [...args]);
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiter;
  }

  #send(message: Message, values: readonly unknown[] = []): void {
    const buffers = values.flatMap((value) => MOVED.get(value as object) ?? []);
    this.#port.postMessage(message, buffers);
  }
}
