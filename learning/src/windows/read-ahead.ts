/**
 * Brings pictures into the disk cache before their windows are asked for. It only takes memory that no window waits
 * for. It reports no failures: the window itself is read later, and reports them.
 */
import { Wakeup } from '@lyceum/platform';
import type { CacheLedger } from './cache/index.js';
import { type OpenSet, type PieceReader, wantedPieces } from './pieces/index.js';
import type { WindowMemory } from './window-memory.js';

/** Pieces fetched at once: enough to hide a server's answer times. */
const AT_ONCE = 3;

interface AheadPiece {
  readonly set: OpenSet;
  readonly piece: number;
  readonly key: string;
}

interface Announced {
  readonly set: OpenSet;
  readonly pieces: readonly AheadPiece[];
}

export class ReadAhead {
  readonly #pieces: PieceReader;
  readonly #ledger: CacheLedger;
  readonly #memory: WindowMemory;
  /** By the window's key. */
  readonly #announced = new Map<string, Announced>();
  readonly #queue: AheadPiece[] = [];
  readonly #room = new Wakeup();
  #laneCount = 0;

  constructor(pieces: PieceReader, ledger: CacheLedger, memory: WindowMemory) {
    this.#pieces = pieces;
    this.#ledger = ledger;
    this.#memory = memory;
  }

  /** Calls for the same window do nothing until it was read or forgotten. @param window - its key. */
  announce(window: string, set: OpenSet, samples: Uint32Array): void {
    if (this.#announced.has(window)) return;
    const pieces = wantedPieces(set.pieceEnds, samples).flatMap(({ piece }) => {
      const key = this.#pieces.keyOf(set, piece);
      return key === undefined ? [] : [{ set, piece, key }];
    });
    this.#announced.set(window, { set, pieces });
    for (const { key } of pieces) this.#ledger.announce(key);
    this.#queue.push(...pieces);
    while (this.#laneCount < Math.min(AT_ONCE, this.#queue.length)) void this.#lane();
  }

  /** The window was read, or will not be asked for. May be called again. */
  forget(window: string): void {
    for (const { key } of this.#announced.get(window)?.pieces ?? []) this.#ledger.unannounce(key);
    this.#announced.delete(window);
    this.#room.wake();
  }

  forgetSet(set: OpenSet): void {
    for (const [window, announced] of this.#announced) {
      if (announced.set === set) this.forget(window);
    }
  }

  /** Some memory was given back. */
  wake(): void {
    this.#room.wake();
  }

  async #lane(): Promise<void> {
    this.#laneCount++;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      // The window's own reading will report the failure.
      await this.#fetch(next).catch(() => undefined);
    }
    this.#laneCount--;
  }

  async #fetch({ set, piece, key }: AheadPiece): Promise<void> {
    const isWanted = (): boolean =>
      this.#ledger.isAnnounced(key) && this.#pieces.isWorthFetching(set, piece, key);
    if (!isWanted()) return;
    const bytes = await this.#pieces.fetchingBytes(set, piece);
    if (bytes > this.#memory.totalBytes) return;
    while (!this.#memory.tryTake(bytes)) {
      await this.#room.wait();
      if (!isWanted()) return;
    }
    try {
      await this.#pieces.fetch(set, piece, key, new AbortController().signal);
    } finally {
      this.#memory.give(bytes);
    }
  }
}
