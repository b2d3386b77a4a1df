/**
 * Rewrites parts of a `tokenizer.json` that the library in JavaScript computes otherwise than the library in Rust,
 * with which models are trained, as other parts that both compute alike. Pure. Parts that a file cannot say otherwise
 * are in own-parts.ts.
 *
 * @see https://github.com/huggingface/tokenizers
 */
import { isObject } from '../../files/index.js';

type Json = Readonly<Record<string, unknown>>;

/** Characters of words, marks and white space, as Rust knows them: JavaScript's `\w` and `\d` are ASCII alone. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
const MARK = '\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E';
export const SPACE = '\\p{White_Space}';

/** Keeps what the pattern finds, and nothing else. */
const found = (pattern: string): Json => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Removed',
  invert: true,
});

/** Cuts before and behind what the pattern finds. */
const apart = (pattern: string): Json => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});

/**
 * To lower case. Rust looks at each character by itself; JavaScript writes a sigma at the end of a word as another
 * letter.
 */
const SIGMA: Json = { type: 'Replace', pattern: { String: 'Σ' }, content: 'σ' };

/** Spaces around ideographs beyond 16 bits: the library would look at their halves one by one. */
const IDEOGRAPHS: Json = {
  type: 'Replace',
  pattern: {
    Regex:
      '[\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}\\u{2b920}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}]',
  },
  content: ' $& ',
};

/** The file with parts for which the library gives the same as the one in Rust. */
export function exactFile(file: Json): Json {
  const { normalizer, pre_tokenizer: preTokenizer } = file;
  return {
    ...file,
    ...(isObject(normalizer) && { normalizer: exactNormalizer(normalizer) }),
    ...(isObject(preTokenizer) && { pre_tokenizer: exactPreTokenizer(preTokenizer) }),
  };
}

function exactNormalizer(normalizer: Json): Json {
  const { type, normalizers, lowercase, handle_chinese_chars: separates } = normalizer;
  switch (type) {
    case 'Sequence':
      return { ...normalizer, normalizers: each(normalizers, exactNormalizer) };
    case 'Strip':
      return stripped(normalizer);
    case 'Lowercase':
      return { type: 'Sequence', normalizers: [SIGMA, normalizer] };
    case 'BertNormalizer': {
      const before = [
        ...(lowercase === true ? [SIGMA] : []),
        ...(separates === true ? [IDEOGRAPHS] : []),
      ];
      return { type: 'Sequence', normalizers: [...before, normalizer] };
    }
    default:
      return normalizer;
  }
}

/** Removes Rust's white space at the text's ends. In the library's patterns `^` and `$` would match at each line. */
function stripped(normalizer: Json): Json {
  const ends = [
    ...(normalizer['strip_left'] === true ? [`(?<!\\p{Any})${SPACE}+`] : []),
    ...(normalizer['strip_right'] === true ? [`(?<!${SPACE})${SPACE}+(?!\\p{Any})`] : []),
  ];
  if (ends.length === 0) return normalizer;
  return { type: 'Replace', pattern: { Regex: ends.join('|') }, content: '' };
}

function exactPreTokenizer(preTokenizer: Json): Json {
  const { type, pretokenizers, behavior, individual_digits: individual, length } = preTokenizer;
  switch (type) {
    case 'Metaspace':
      return preTokenizer['split'] === false ? preTokenizer : cutAtSpaces(preTokenizer);
    case 'Sequence':
      return { ...preTokenizer, pretokenizers: each(pretokenizers, exactPreTokenizer) };
    case 'Whitespace':
      return found(`[${WORD}]+|[^${WORD}${SPACE}]+`);
    case 'WhitespaceSplit':
      return found(`[^${SPACE}]+`);
    case 'BertPreTokenizer':
      return found(`[^${SPACE}${MARK}]+|[${MARK}]`);
    case 'Punctuation':
      return { ...apart(`[${MARK}]`), ...(behavior !== undefined && { behavior }) };
    case 'Digits':
      return apart(individual === true ? '\\p{N}' : '\\p{N}+');
    case 'FixedLength':
      return apart(`\\p{Any}{1,${length}}`);
    default:
      return preTokenizer;
  }
}

/** Cuts before each character that stands for a space. The library leaves such a text in one piece. */
function cutAtSpaces(metaspace: Json): Json {
  const pattern = { String: metaspace['replacement'] ?? '▁' };
  const cut = { type: 'Split', pattern, behavior: 'MergedWithNext', invert: false };
  return { type: 'Sequence', pretokenizers: [metaspace, cut] };
}

function each(parts: unknown, exact: (part: Json) => Json): unknown {
  return Array.isArray(parts) ? parts.map((part) => (isObject(part) ? exact(part) : part)) : parts;
}
