/** A set's samples as an endpoint is sent them. */
import { LyceumError } from '@lyceum/proto';
import { type ColumnCells, columnCells, type Dataset, sampleText } from '../../datasets/index.js';
import { ModelInputs } from '../../models/index.js';
import type { ViewAt } from '../../views/index.js';
import type { EndpointPackage } from './endpoint-package.js';
import { type EndpointRow, nestedValues } from './endpoint-request.js';
import { pngOf } from './png.js';

/**
 * @param samples - indices of samples.
 * @returns for each sample what `endpoint.input` says: its numbers, nested by its shape; a PNG in base64; its text; its
 * row, an object.
 * @throws {LyceumError} INVALID_ARGUMENT if the set's samples cannot be given so.
 */
export async function endpointInputs(
  { endpoint, settings }: EndpointPackage,
  dataset: Dataset,
  samples: readonly number[],
  view: ViewAt,
): Promise<unknown[]> {
  if (endpoint.input === 'text') {
    const { texts } = dataset;
    if (texts !== undefined) return samples.map((sample) => sampleText(texts, sample));
    const message = 'its description wants input: text, and this data set was not made of texts';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (endpoint.input === 'row') return rowsOf(dataset, samples);
  const reader = new ModelInputs(dataset, settings, undefined);
  const values = new Float32Array(samples.length * reader.size);
  reader.read(Uint32Array.from(samples), view, values);
  const rows = samples.map((_, i) => values.subarray(i * reader.size, (i + 1) * reader.size));
  if (endpoint.input === 'values') return rows.map((row) => nestedValues(row, reader.modelShape));
  const files = await Promise.all(rows.map((row) => pngOf(row, reader.shape)));
  return files.map((file) => file.toString('base64'));
}

/**
 * Cells by columns; a number that is missing is null.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the set has no table.
 */
function rowsOf({ columns, cells }: Dataset, samples: readonly number[]): EndpointRow[] {
  if (columns === undefined || cells === undefined) {
    const message = 'its description wants input: row, and this data set was not made of a table';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const own = columnCells(columns, cells);
  return samples.map((sample) =>
    Object.fromEntries(
      columns.map(({ name }, place) => {
        const cell = (own[place] as ColumnCells).at(sample);
        return [name, Number.isNaN(cell) ? null : cell];
      }),
    ),
  );
}
