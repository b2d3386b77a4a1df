/** `meta.json` of a data set's file: what its arrays do not say. */
import type { Problem } from '@lyceum/proto';
import { isObject } from '../files/index.js';
import {
  type DatasetOutline,
  type DatasetSamples,
  type ModalityOutline,
  NAMELESS,
} from './dataset.js';
import { readEncoding } from './encoding/index.js';
import { readTableColumns } from './table-cells.js';

const FORMAT = 'lyceum.dev/dataset/v1';

export interface DatasetMeta extends Pick<DatasetSamples, 'classCount' | 'classNames'> {
  /** By the modality's name, sorted. */
  readonly modalities: ReadonlyMap<string, ModalityMeta>;
}

type ModalityMeta = Pick<ModalityOutline, 'inputScale' | 'encoding' | 'columns'>;

export function datasetMeta({ classCount, classNames, modalities }: DatasetOutline): string {
  const metas = [...modalities].map(([name, { inputScale, encoding, columns }]) => {
    return [name, { inputScale, encoding, columns }] as const;
  });
  const byName = Object.fromEntries(metas.sort(([a], [b]) => (a < b ? -1 : 1)));
  const inputs = byName[NAMELESS] ?? { modalities: byName };
  return JSON.stringify({ format: FORMAT, classCount, classNames, ...inputs });
}

/** @returns undefined, having added problems, if the bytes are no valid `meta.json`. */
export function readDatasetMeta(
  bytes: Uint8Array | undefined,
  problems: Problem[],
): DatasetMeta | undefined {
  const wrong = (message: string) => {
    problems.push({ path: 'meta.json', message });
    return undefined;
  };
  if (bytes === undefined) return wrong('is missing');
  let meta: unknown;
  try {
    meta = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return wrong('is not JSON');
  }
  if (!isObject(meta)) return wrong('is no object');
  const { format, classCount, classNames, modalities } = meta;
  if (format !== FORMAT) return wrong(`has format ${JSON.stringify(format)}; want "${FORMAT}"`);
  if (typeof classCount !== 'number') return wrong('classCount must be a number');
  if (!Array.isArray(classNames) || !classNames.every((name) => typeof name === 'string')) {
    return wrong('classNames must be a list of texts');
  }
  const own = ['inputScale', 'encoding', 'columns'].find((field) => meta[field] !== undefined);
  if (modalities !== undefined && own !== undefined) {
    return wrong(`has modalities, and ${own} beside them; want either`);
  }
  const named = modalities === undefined ? { [NAMELESS]: meta } : modalities;
  if (!isObject(named) || Object.keys(named).length === 0) {
    return wrong('modalities must be an object of one or more');
  }
  const read = new Map<string, ModalityMeta>();
  for (const name of Object.keys(named).sort()) {
    const at = name === NAMELESS ? '' : `modalities.${name}.`;
    const modality = readModality(named[name], at, problems);
    if (modality === undefined) return undefined;
    read.set(name, modality);
  }
  return { classCount, classNames, modalities: read };
}

/** @param at - path before the names of the modality's fields. */
function readModality(
  document: unknown,
  at: string,
  problems: Problem[],
): ModalityMeta | undefined {
  const wrong = (message: string) => {
    problems.push({ path: 'meta.json', message: `${at}${message}` });
    return undefined;
  };
  const { inputScale, encoding, columns } = isObject(document) ? document : {};
  if (typeof inputScale !== 'number') return wrong('inputScale must be a number');
  const ofTable = columns === undefined ? undefined : readTableColumns(columns);
  if (columns !== undefined && ofTable === undefined) {
    return wrong('columns must be a list of names, each with the kind "number" or "category"');
  }
  const own = { inputScale, ...(ofTable && { columns: ofTable }) };
  if (encoding === undefined) return own;
  const read = readEncoding(encoding, `meta.json.${at}encoding`, problems);
  return read && { ...own, encoding: read };
}
