/** Reads bodies of requests into memory, within limits for one body and for all together. */
import type { IncomingMessage } from 'node:http';
import { LyceumError } from '@lyceum/proto';

export class BodyRoom {
  readonly #bodyMaxBytes: number;
  readonly #allMaxBytes: number;
  /** Bytes of bodies that have not come whole yet. */
  #heldBytes = 0;

  constructor(bodyMaxBytes: number, allMaxBytes: number) {
    this.#bodyMaxBytes = bodyMaxBytes;
    this.#allMaxBytes = allMaxBytes;
  }

  /**
   * A refused body is still read to its end, by Node: its sender reads no answer before.
   *
   * @throws {LyceumError} RESOURCE_EXHAUSTED if the body is too long, UNAVAILABLE if others have the room, CANCELLED if
   *   the caller goes before its end.
   */
  async bodyOf(request: IncomingMessage): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    try {
      await new Promise<void>((resolve, reject) => {
        const refuse = (err: LyceumError): void => {
          request.off('data', keep).resume();
          reject(err);
        };
        const keep = (part: Buffer): void => {
          if (length + part.length > this.#bodyMaxBytes) {
            const message = `a request of more than ${this.#bodyMaxBytes} bytes; ask for fewer rows at a time`;
            refuse(new LyceumError('RESOURCE_EXHAUSTED', message));
          } else if (this.#heldBytes + part.length > this.#allMaxBytes) {
            const message = `requests of ${this.#allMaxBytes} bytes are being read already; try again later`;
            refuse(new LyceumError('UNAVAILABLE', message));
          } else {
            length += part.length;
            this.#heldBytes += part.length;
            parts.push(part);
          }
        };
        request.on('data', keep);
        request.once('error', reject);
        request.once('close', () => reject(new LyceumError('CANCELLED', 'the caller has gone')));
        request.once('end', resolve);
      });
      return Buffer.concat(parts);
    } finally {
      this.#heldBytes -= length;
    }
  }
}
