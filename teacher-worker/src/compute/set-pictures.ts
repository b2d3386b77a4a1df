/**
 * The pictures of sets in shards, for the threads with teachers: the samples that a span needs, and windows of them.
 * Sets of one file need nothing here, since their threads read them whole.
 */
import { readFile } from 'node:fs/promises';
import {
  type Dataset,
  isManifestFile,
  parseStoredDataset,
  seenDataset,
} from '@lyceum/learning/datasets';
import { type ViewAt, viewSamples } from '@lyceum/learning/views';
import type { WorkerWindows } from '@lyceum/learning/windows';
import { elementCount } from '@lyceum/proto';
import { spanPieces } from './answer-pieces.js';
import { INFERENCE_ROWS } from './rows/index.js';
import type { DatasetFile } from './teacher-calls.js';
import { type TicketSpan, ticketSamples } from './ticket-span.js';

/** Share of a window for a set's first samples: while a teacher loads, those of all its sets are in memory. */
const FIRST_SHARE = 1 / 4;

/** The samples and the view that a ticket asks about. */
export interface SpanView {
  readonly span: TicketSpan;
  readonly view: ViewAt;
}

/** A file with the needed pictures of its set in memory, until it is released. */
export interface HeldFile {
  readonly file: DatasetFile;
  release(): void;
}

export class SetPictures {
  readonly #windows: WorkerWindows;
  /** Sets without their pictures, by digest; undefined: the set is one file. */
  readonly #sets = new Map<string, Promise<Dataset | undefined>>();

  constructor(windows: WorkerWindows) {
    this.#windows = windows;
  }

  /**
   * Makes sure that the set's pictures can be read.
   *
   * @throws {LyceumError} UnreadableSetError if only a person can put that right; UNAVAILABLE.
   */
  async open(file: DatasetFile): Promise<void> {
    if ((await this.#set(file)) !== undefined) await this.#windows.open(file);
  }

  /** Announces that the pictures of a span will be needed, piece by piece. */
  async fetchAhead(file: DatasetFile, looked: SpanView): Promise<void> {
    const set = await this.#set(file);
    if (set === undefined) return;
    for (const samples of this.#pieceSamples(set, looked)) {
      this.#windows.fetchAhead(file.digest, samples);
    }
  }

  /** Takes an announcement by {@link fetchAhead} back. */
  async forget(file: DatasetFile, looked: SpanView): Promise<void> {
    const set = await this.#set(file);
    if (set === undefined) return;
    for (const samples of this.#pieceSamples(set, looked)) {
      this.#windows.forget(file.digest, samples);
    }
  }

  /** The span in pieces that fit into a window; the whole span if the set is one file. */
  async pieces(file: DatasetFile, span: TicketSpan): Promise<TicketSpan[]> {
    const set = await this.#set(file);
    return set === undefined ? [span] : this.#pieces(set, span);
  }

  /** The file with the span's pictures. @throws {LyceumError} as {@link open}; CANCELLED if the signal aborts. */
  async held(file: DatasetFile, looked: SpanView, signal: AbortSignal): Promise<HeldFile> {
    const set = await this.#set(file);
    return set === undefined ? whole(file) : this.#held(file, samplesOf(set, looked), signal);
  }

  /** The file with some of its first samples, for one inference. */
  async heldFirst(file: DatasetFile): Promise<HeldFile> {
    const set = await this.#set(file);
    if (set === undefined) return whole(file);
    const bytes = this.#windows.windowBytes * FIRST_SHARE;
    const fitting = Math.max(1, Math.floor(bytes / elementCount(set.sampleShape)));
    const length = Math.min(INFERENCE_ROWS, set.sampleCount, fitting);
    const samples = Uint32Array.from({ length }, (_, sample) => sample);
    return this.#held(file, samples);
  }

  /** Forgets all sets but these. */
  keepSets(digests: readonly string[]): void {
    for (const digest of this.#sets.keys())
      if (!digests.includes(digest)) this.#sets.delete(digest);
    this.#windows.keepSets(digests);
  }

  #pieces(set: Dataset, span: TicketSpan): TicketSpan[] {
    const sampleBytes = elementCount(set.sampleShape);
    return spanPieces(span, Math.floor(this.#windows.windowBytes / sampleBytes));
  }

  #pieceSamples(set: Dataset, { span, view }: SpanView): Uint32Array[] {
    return this.#pieces(set, span).map((piece) => samplesOf(set, { span: piece, view }));
  }

  async #held(file: DatasetFile, samples: Uint32Array, signal?: AbortSignal): Promise<HeldFile> {
    const window = await this.#windows.window(file.digest, samples, signal);
    const { inputs } = window;
    return { file: { ...file, held: { samples, inputs } }, release: () => window.release() };
  }

  #set(file: DatasetFile): Promise<Dataset | undefined> {
    const known = this.#sets.get(file.digest);
    if (known !== undefined) return known;
    const found = readSet(file);
    this.#sets.set(file.digest, found);
    found.catch(() => this.#sets.delete(file.digest));
    return found;
  }
}

async function readSet({ digest, file }: DatasetFile): Promise<Dataset | undefined> {
  if (!isManifestFile(file)) return undefined;
  // A set in shards has one modality, without a name.
  return seenDataset(parseStoredDataset(await readFile(file), digest), undefined);
}

function whole(file: DatasetFile): HeldFile {
  return { file, release: () => undefined };
}

function samplesOf(set: Dataset, { span, view }: SpanView): Uint32Array {
  return viewSamples(set, ticketSamples(set, span), view);
}
