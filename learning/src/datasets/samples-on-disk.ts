/** Some samples of a set's file, to be looked at, without the rest of it in memory. For threads: see `NpzOnDisk`. */
import { InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';
import { type ArrayOnDisk, NpzOnDisk } from '../files/index.js';
import { arrayName, type ModalityOutline, meantModality } from './dataset.js';
import { readDatasetMeta } from './dataset-meta.js';

/** Of UTF-8 in a text's first characters. */
const CHARACTER_MAX_BYTES = 4;

export class SamplesOnDisk {
  readonly sampleShape: readonly number[];
  readonly encoding: ModalityOutline['encoding'];
  readonly #file: NpzOnDisk;
  readonly #inputs: ArrayOnDisk;
  readonly #texts: ArrayOnDisk | undefined;
  readonly #ends: ArrayOnDisk | undefined;

  /**
   * Close it when you are done.
   *
   * @param path - of a set's file with the digest that it should have.
   * @param modality - what is looked at; undefined: the only one.
   * @throws {LyceumError} INVALID_ARGUMENT if it is no set, or has no such modality.
   */
  constructor(path: string, modality: string | undefined) {
    const what = 'data set';
    this.#file = new NpzOnDisk(path, what);
    try {
      const problems: Problem[] = [];
      const meta = readDatasetMeta(this.#file.member('meta.json'), problems);
      if (meta === undefined) throw new InvalidDocumentError(what, problems);
      const name = meantModality(meta.modalities, modality);
      const inputs = name === undefined ? undefined : this.#file.array(arrayName('inputs', name));
      if (name === undefined || inputs === undefined) {
        throw new LyceumError('INVALID_ARGUMENT', `${what} has no modality ${modality ?? ''}`);
      }
      this.#inputs = inputs;
      this.sampleShape = inputs.shape.slice(1);
      this.encoding = meta.modalities.get(name)?.encoding;
      this.#texts = this.#file.array(arrayName('texts', name));
      this.#ends = this.#file.array(arrayName('textEnds', name));
    } catch (err) {
      this.close();
      throw err;
    }
  }

  /** As the file has it, [...sampleShape]: bytes are not scaled. */
  inputs(sample: number): Uint8Array | Float32Array {
    return this.#inputs.rows(sample, sample + 1) as Uint8Array | Float32Array;
  }

  /** The beginning of the text that the sample was made of; undefined: it was made of none, or it is not kept. */
  text(sample: number, characters: number): string | undefined {
    if (this.#texts === undefined || this.#ends === undefined) return undefined;
    const [start, end] =
      sample === 0
        ? [0, this.#ends.rows(0, 1)[0]]
        : [...(this.#ends.rows(sample - 1, sample + 1) as Uint32Array)];
    const last = Math.min(Number(end), Number(start) + characters * CHARACTER_MAX_BYTES);
    const bytes = this.#texts.rows(Number(start), last) as Uint8Array;
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    return [...text].slice(0, characters).join('');
  }

  close(): void {
    this.#file.close();
  }
}
