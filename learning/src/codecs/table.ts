/** The table of all codecs. */
import type { z } from 'zod';
import type { Codec } from './codec.js';
import { float16 } from './float16.js';
import { float32 } from './float32.js';
import { topK } from './top-k.js';
import { uint8Affine } from './uint8-affine.js';

/** In the order in which messages name them; codecs that `auto` may take are sorted by falling size. */
const TABLE = [float32, float16, uint8Affine, topK] as const;

type Entry = (typeof TABLE)[number];
type WithSettings = Extract<Entry, { settings: object }>;
type Word = Exclude<Entry, WithSettings>['name'];

/** The codec's name in a run's record and in a table's key. */
export type AnswerCodec = Word | `${WithSettings['name']}:${number}`;

/** The codec as a run writes it; `auto` is not among these. */
export type WrittenCodec = Word | z.output<WithSettings['settings']['schema']>;

export const CODECS: readonly Codec[] = TABLE;

/** Codecs without settings, which a run names by a word, and fields of those that it writes as a mapping. */
export const CODEC_WORDS = TABLE.flatMap((codec) => ('settings' in codec ? [] : [codec.name]));
export const CODEC_SETTINGS = TABLE.flatMap((codec) => ('settings' in codec ? codec.settings : []));
