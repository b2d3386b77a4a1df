/** Reads the pictures of a window: encoded bytes from a {@link PieceReader}, decoded into the window's buffer. */
import type { Turns } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import { type PictureDecoder, pictureDecoder } from '../pictures/index.js';
import {
  type Counters,
  encodedBytes,
  type OpenSet,
  type PieceReader,
  type PlannedPiece,
  pictureBytes,
  undecodable,
  wantedPieces,
} from './pieces/index.js';
import type { WindowMemory } from './window-memory.js';

/** Parts of a window that are read at once, besides the first: enough to hide a server's answer times. */
const PARTS_BESIDE = 3;

export interface WindowPlan {
  readonly set: OpenSet;
  readonly parts: readonly PlannedPiece[];
  /** Size of the window, decoded. */
  readonly windowBytes: number;
  /** Bytes that reading the window's largest part takes. */
  readonly readingBytes: number;
}

export class WindowReader {
  readonly #pieces: PieceReader;
  readonly #memory: WindowMemory;
  readonly #decoding: Turns;
  readonly #counters: Counters;
  readonly #decoders = new WeakMap<OpenSet, Promise<PictureDecoder>>();

  constructor(pieces: PieceReader, memory: WindowMemory, decoding: Turns, counters: Counters) {
    this.#pieces = pieces;
    this.#memory = memory;
    this.#decoding = decoding;
    this.#counters = counters;
  }

  /**
   * @throws {LyceumError} INVALID_ARGUMENT for a sample that the set does not have; as the server of a Parquet file
   *   says.
   */
  async plan(set: OpenSet, samples: Uint32Array): Promise<WindowPlan> {
    const strange = samples.find((sample) => sample >= set.sampleCount);
    if (strange !== undefined) {
      const message = `set ${set.digest.slice(0, 12)} has ${set.sampleCount} samples, and no sample ${strange}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const parts: PlannedPiece[] = [];
    for (const wanted of wantedPieces(set.pieceEnds, samples)) {
      parts.push(await this.#pieces.plan(set, wanted));
    }
    const windowBytes = samples.length * pictureBytes(set);
    return { set, parts, windowBytes, readingBytes: Math.max(0, ...parts.map((p) => p.bytes)) };
  }

  /**
   * The caller holds memory for reading the plan. Once the promise settles, nothing writes to `inputs` any more.
   *
   * @param inputs - [samples, height, width, channels]; it is filled.
   * @throws {LyceumError} as in window-errors.ts.
   */
  async read(plan: WindowPlan, inputs: Uint8Array, signal: AbortSignal): Promise<void> {
    const { parts } = plan;
    const failures: unknown[] = [];
    const beside = new Set<Promise<void>>();
    let next = 0;
    const read = async (part: PlannedPiece): Promise<void> => {
      try {
        await this.#readPart(plan.set, part, inputs, signal);
      } catch (err) {
        failures.push(err);
      }
    };
    const hasMore = (): boolean => failures.length === 0 && next < parts.length;
    const readBeside = (): void => {
      while (hasMore() && beside.size < PARTS_BESIDE) {
        const part = parts[next] as PlannedPiece;
        if (!this.#memory.tryTake(part.bytes)) return;
        next++;
        const reading = read(part).then(() => {
          beside.delete(reading);
          this.#memory.give(part.bytes);
          readBeside();
        });
        beside.add(reading);
      }
    };
    while (hasMore()) {
      const part = parts[next++] as PlannedPiece;
      readBeside();
      await read(part);
    }
    while (beside.size > 0) await Promise.all(beside);
    if (failures.length > 0) throw failures[0];
  }

  async #readPart(
    set: OpenSet,
    part: PlannedPiece,
    inputs: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const decode = await this.#decoder(set);
    const pictures = await this.#pieces.read(set, part, signal);
    this.#counters.add('bytesWanted', encodedBytes(set.index.lengths, part.samples));
    const length = pictureBytes(set);
    const decoded = [...part.samples].map((sample, i) =>
      this.#decoding.take(async () => {
        signal.throwIfAborted();
        const start = (part.rows[i] as number) * length;
        const encoded = pictures.get(sample) as Uint8Array;
        await decodeInto(inputs.subarray(start, start + length), decode, encoded, set, sample);
        this.#counters.add('picturesDecoded', 1);
      }),
    );
    // Wait for all parts: none may write to a buffer that was given back.
    const failed = (await Promise.allSettled(decoded)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  #decoder(set: OpenSet): Promise<PictureDecoder> {
    const known = this.#decoders.get(set) ?? pictureDecoder(set.index.grid);
    this.#decoders.set(set, known);
    return known;
  }
}

async function decodeInto(
  place: Uint8Array,
  decode: PictureDecoder,
  encoded: Uint8Array,
  set: OpenSet,
  sample: number,
): Promise<void> {
  try {
    await decode(encoded, place);
  } catch (err) {
    if (!(err instanceof SampleRefusedError)) throw err;
    throw undecodable(set, sample, err.message);
  }
}
