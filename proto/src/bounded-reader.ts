/**
 * A protobuf reader that limits how many parts a message may have: inner messages, texts and byte strings, at any
 * depth. An empty part takes 2 bytes on the wire and about 100 in memory, so a few dozen messages that are full of
 * empty parts, {@link MESSAGE_MAX_BYTES} each, would fill Node's memory.
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

  /** ts-proto's decoders set this where an inner message begins and ends: a reader learns of it in no other way. */
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
