/**
 * Targets as an NPZ: `sample` and `label` [N] int32, `contributors` [N, K] uint8, and each tensor of the targets under
 * its name, [N, …row]. Row i of all arrays is of the same sample; `meta.json` describes the arrays.
 *
 * Each batch is written to all arrays, at their places in the file: their lengths are known from the start.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { encodeFloat32Bits } from '@lyceum/learning/codecs';
import { npyHeader, ZipFile } from '@lyceum/learning/files';
import { elementCount, float32Values, type TargetBatch, type TargetOutline } from '@lyceum/proto';
import { rowCount, type TargetFile, targetsMeta, type ValueType } from './target-file.js';

interface Member {
  readonly name: string;
  readonly header: Buffer;
  readonly sizeBytes: number;
}

const VALUE_BYTES = { float32: 4, float16: 2, int32: 4, uint8: 1 } as const;

export class NpzTargets implements TargetFile {
  readonly #file: FileHandle;
  readonly #zip: ZipFile;
  readonly #teacherCount: number;
  readonly #valueType: ValueType;

  private constructor(file: FileHandle, zip: ZipFile, teacherCount: number, valueType: ValueType) {
    this.#file = file;
    this.#zip = zip;
    this.#teacherCount = teacherCount;
    this.#valueType = valueType;
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if the file would be 4 GiB or more. */
  static async create(
    path: string,
    outline: TargetOutline,
    split: string,
    valueType: ValueType,
  ): Promise<NpzTargets> {
    const n = rowCount(outline);
    const k = outline.teachers.length;
    const members = [
      member('sample', 'int32', [n]),
      member('label', 'int32', [n]),
      member('contributors', 'uint8', [n, k]),
      ...outline.tensors.map(({ name, rowShape }) => member(name, valueType, [n, ...rowShape])),
    ];
    const meta = Buffer.from(targetsMeta(outline, split, valueType));
    const metaMember = { name: 'meta.json', sizeBytes: meta.length };
    const file = await open(path, 'w');
    try {
      const zip = new ZipFile(file, [...members, metaMember]);
      for (const { name, header } of members) await zip.append(name, header);
      await zip.append(metaMember.name, meta);
      return new NpzTargets(file, zip, k, valueType);
    } catch (err) {
      await file.close();
      throw err;
    }
  }

  async append({ samples, labels, contributors, tensors }: TargetBatch): Promise<void> {
    await this.#zip.append('sample.npy', bytesOf(Int32Array.from(samples)));
    await this.#zip.append('label.npy', bytesOf(Int32Array.from(labels)));
    const k = this.#teacherCount;
    const marks = new Uint8Array(samples.length * k);
    for (let row = 0; row < samples.length; row++) {
      for (const teacher of contributors) marks[row * k + teacher] = 1;
    }
    await this.#zip.append('contributors.npy', marks);
    for (const tensor of tensors) {
      const values = float32Values(tensor);
      const numbers = this.#valueType === 'float32' ? values : halves(values);
      await this.#zip.append(`${tensor.name}.npy`, bytesOf(numbers));
    }
  }

  finish(): Promise<void> {
    return this.#zip.finish();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function member(name: string, dtype: keyof typeof VALUE_BYTES, shape: readonly number[]): Member {
  const header = npyHeader(dtype, shape);
  const values = elementCount(shape);
  const sizeBytes = header.length + values * VALUE_BYTES[dtype];
  return { name: `${name}.npy`, header, sizeBytes };
}

function halves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, encodeFloat32Bits);
}

function bytesOf(array: Int32Array | Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
