/** Where labels are in a shard, as the user says. */
import { LyceumError } from '@lyceum/proto';

/** A file beside the picture, a field of the `.json` beside it, a column of Parquet, or a feature of TFRecords. */
export type LabelPlace =
  | { readonly by: 'ending'; readonly ending: string }
  | { readonly by: 'json'; readonly field: string };

/** `cls`, `txt`, `json:FIELD`. @throws {LyceumError} INVALID_ARGUMENT */
export function parseLabelPlace(text: string): LabelPlace {
  const [, field] = /^json:(.*)$/s.exec(text) ?? [];
  if (field === undefined && text !== '' && text !== 'json') return { by: 'ending', ending: text };
  if (field !== undefined && field !== '') return { by: 'json', field };
  const message = `label "${text}": want an ending of files beside pictures (cls, txt), json:FIELD, of Parquet a column, or of TFRecords a feature`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
