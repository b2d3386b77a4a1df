/**
 * A message to be decoded that may have only so many parts: messages in it, texts and byte strings, however deep. An empty
 * part has 2 bytes on its way and some 100 in memory, so that a few dozen messages of {@link MESSAGE_MAX_BYTES} made of
 * nothing else would take all memory that Node has.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { LyceumError } from './errors.js';
import { MESSAGE_MAX_PARTS } from './limits.js';

export class BoundedReader extends BinaryReader {
  #parts = 0;
  #depth = 0;

  override bytes(): Uint8Array<ArrayBuffer> {
    this.#count();
    return super.bytes() as Uint8Array<ArrayBuffer>;
  }

  override string(strict?: boolean): string {
    this.#count();
    return super.string(strict);
  }

  /** What ts-proto's decoders set as each message in a message begins and ends: nothing else tells a reader of them. */
  get __tsProtoDecodeDepth(): number {
    return this.#depth;
  }

  set __tsProtoDecodeDepth(depth: number) {
    if (depth > this.#depth) this.#count();
    this.#depth = depth;
  }

  #count(): void {
    this.#parts += 1;
    if (this.#parts <= MESSAGE_MAX_PARTS) return;
    const message = `the message has more than ${MESSAGE_MAX_PARTS} parts`;
    throw new LyceumError('RESOURCE_EXHAUSTED', message);
  }
}
