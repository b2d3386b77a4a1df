/**
 * Targets as Parquet: `sample`, `label`, a flag `contributed/NAME` for each teacher, and each tensor of the targets
 * under its name, a list in each row. The file's metadata describes them under `lyceum`, with the shapes of rows.
 */
import { float32Values, type TargetBatch, type TargetOutline } from '@lyceum/proto';
import { type ColumnSource, fileWriter, ParquetWriter } from 'hyparquet-writer';
import { rowLength, type TargetFile, targetsMeta, type ValueType } from './target-file.js';

type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema'];

/** Numbers in a row group. A group is collected in memory, where each number becomes several objects. */
const GROUP_NUMBERS = 2 ** 17;

export class ParquetTargets implements TargetFile {
  readonly #writer: ParquetWriter;
  readonly #outline: TargetOutline;
  readonly #rowNumbers: number;
  /** Batches that are not written yet. */
  #batches: TargetBatch[] = [];
  #rowCount = 0;

  constructor(path: string, outline: TargetOutline, split: string, valueType: ValueType) {
    this.#outline = outline;
    this.#rowNumbers = outline.tensors.reduce((sum, tensor) => sum + rowLength(tensor), 0);
    const meta = { key: 'lyceum', value: targetsMeta(outline, split, valueType) };
    const writer = fileWriter(path);
    const schema = schemaOf(outline, valueType);
    this.#writer = new ParquetWriter({ writer, schema, kvMetadata: [meta] });
  }

  async append(batch: TargetBatch): Promise<void> {
    this.#batches.push(batch);
    this.#rowCount += batch.samples.length;
    if (this.#rowCount * this.#rowNumbers >= GROUP_NUMBERS) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#writer.finish();
  }

  async close(): Promise<void> {}

  async #flush(): Promise<void> {
    const batches = this.#batches;
    const rowGroupSize = this.#rowCount;
    this.#batches = [];
    this.#rowCount = 0;
    if (batches.length === 0) return;
    const { teachers, tensors } = this.#outline;
    const columnData: ColumnSource[] = [
      { name: 'sample', data: batches.flatMap(({ samples }) => samples) },
      { name: 'label', data: batches.flatMap(({ labels }) => labels) },
      ...teachers.map(({ name }, teacher) => ({
        name: contributed(name),
        data: batches.flatMap(({ samples, contributors }) =>
          samples.map(() => contributors.includes(teacher)),
        ),
      })),
      ...tensors.map((tensor, index) => ({
        name: tensor.name,
        data: batches.flatMap((batch) => rowsOf(batch, index, rowLength(tensor))),
      })),
    ];
    await this.#writer.write({ columnData, rowGroupSize });
  }
}

function rowsOf({ samples, tensors }: TargetBatch, index: number, length: number): number[][] {
  const tensor = tensors[index];
  if (tensor === undefined) throw new Error(`a batch without tensor ${index}`);
  const values = float32Values(tensor);
  return samples.map((_, row) => Array.from(values.subarray(row * length, (row + 1) * length)));
}

function contributed(teacher: string): string {
  return `contributed/${teacher}`;
}

function schemaOf({ teachers, tensors }: TargetOutline, valueType: ValueType): Schema {
  const required = { repetition_type: 'REQUIRED' } as const;
  const number =
    valueType === 'float32'
      ? ({ type: 'FLOAT' } as const)
      : ({
          type: 'FIXED_LEN_BYTE_ARRAY',
          type_length: 2,
          logical_type: { type: 'FLOAT16' },
        } as const);
  return [
    { name: 'targets', num_children: 2 + teachers.length + tensors.length },
    { name: 'sample', type: 'INT32', ...required },
    { name: 'label', type: 'INT32', ...required },
    ...teachers.map(
      ({ name }) => ({ name: contributed(name), type: 'BOOLEAN', ...required }) as const,
    ),
    ...tensors.flatMap(({ name }) => [
      { name, converted_type: 'LIST', num_children: 1, ...required } as const,
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 } as const,
      { name: 'element', ...number, ...required },
    ]),
  ];
}
