/** The rows that were found in one shard, and refusals. They are kept as a file, so that no shard is read twice. */
import { SampleRefusedError } from '../../../datasets/encoding/index.js';
import { MAX_CLASSES, pictureDigest } from '../../../datasets/index.js';
import { Ignored, Refusals } from '../../../import/samples/index.js';
import { IMAGE_FILE_MAX_BYTES, type PictureDecoder } from '../../../pictures/index.js';
import { looksLikePicture } from './picture-signature.js';

/** A label that occurs in the shard. */
export interface FoundLabel {
  readonly text: string;
  /** Where the first row with this label is. */
  readonly where: string;
}

export interface ShardRows {
  /**
   * [rows]: first byte in a tar or TFRecord; number of the row in Parquet; in a folder the place in its list of files.
   */
  readonly offsets: Float64Array;
  /** [rows]: bytes of the encoded picture. */
  readonly lengths: Uint32Array;
  /** [rows, 16]. */
  readonly digests: Uint8Array;
  /** [rows]: index into `found`; −1: unlabelled. */
  readonly labels: Int32Array;
  readonly found: readonly FoundLabel[];
  /** Whether labels may be numbers of classes: they are if all labels of the set are whole numbers. */
  readonly mayBeNumbers: boolean;
  /** [rows], ascending: neighbours with the same number are read together. */
  readonly groups: Float64Array;
  readonly refusals: Refusals;
  readonly ignored: Ignored;
  /** Names of all classes, if the shard has them. */
  readonly classNames?: readonly string[] | undefined;
  /** The column of pictures, in Parquet. */
  readonly column?: string | undefined;
  /** Endings, columns or features that stand beside unlabelled pictures, and might be labels. */
  readonly unread: readonly string[];
}

/** A picture that was found in a shard. */
export interface FoundPicture {
  /** Where the picture is, for messages. */
  readonly where: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Undefined: unlabelled. */
  readonly label: string | undefined;
  readonly group: number;
}

export class RowsBuilder {
  readonly refusals = new Refusals();
  readonly ignored = new Ignored();
  readonly unread = new Set<string>();
  classNames: readonly string[] | undefined;
  readonly #decode: PictureDecoder | undefined;
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  readonly #digests: Buffer[] = [];
  readonly #labels: number[] = [];
  readonly #groups: number[] = [];
  readonly #found = new Map<string, number>();
  readonly #where: string[] = [];

  /** @param decode - absent: pictures are not decoded. */
  constructor(decode: PictureDecoder | undefined) {
    this.#decode = decode;
  }

  /** Takes a picture, or notes why it is refused. */
  async add(picture: FoundPicture): Promise<void> {
    const { where, offset, bytes, label, group } = picture;
    const refusal = await this.#refusal(bytes);
    if (refusal !== undefined) {
      this.refusals.add({ where, refusal });
      return;
    }
    this.#labels.push(label === undefined ? -1 : this.#labelPlace(label, where));
    this.#offsets.push(offset);
    this.#lengths.push(bytes.length);
    this.#digests.push(pictureDigest(bytes));
    this.#groups.push(group);
  }

  finish(mayBeNumbers: boolean): ShardRows {
    return {
      offsets: Float64Array.from(this.#offsets),
      lengths: Uint32Array.from(this.#lengths),
      digests: Uint8Array.from(Buffer.concat(this.#digests)),
      labels: Int32Array.from(this.#labels),
      found: [...this.#found.keys()].map((text, n) => ({ text, where: this.#where[n] as string })),
      mayBeNumbers,
      groups: Float64Array.from(this.#groups),
      refusals: this.refusals,
      ignored: this.ignored,
      classNames: this.classNames,
      unread: [...this.unread].sort(),
    };
  }

  async #refusal(bytes: Uint8Array): Promise<SampleRefusedError | undefined> {
    if (bytes.length === 0) return new SampleRefusedError('empty picture', 'has no bytes');
    if (bytes.length > IMAGE_FILE_MAX_BYTES) return tooLarge(bytes.length);
    if (!looksLikePicture(bytes)) {
      const message = 'does not begin as JPEG, PNG, WebP, GIF, TIFF or AVIF do';
      return new SampleRefusedError('no picture', message);
    }
    try {
      await this.#decode?.(bytes);
      return undefined;
    } catch (err) {
      if (err instanceof SampleRefusedError) return err;
      throw err;
    }
  }

  #labelPlace(label: string, where: string): number {
    const known = this.#found.get(label);
    if (known !== undefined) return known;
    if (this.#found.size === MAX_CLASSES) {
      const message = `${where}: there are more than ${MAX_CLASSES} classes; is this where labels are?`;
      throw new SampleRefusedError('too many classes', message);
    }
    this.#where.push(where);
    this.#found.set(label, this.#found.size);
    return this.#found.size - 1;
  }
}

export function tooLarge(byteCount: number): SampleRefusedError {
  const message = `has ${byteCount} bytes; at most ${IMAGE_FILE_MAX_BYTES} are read`;
  return new SampleRefusedError('too large a picture', message);
}
