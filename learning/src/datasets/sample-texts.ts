/**
 * The texts that a set was made of, for people and for teachers that read texts: UTF-8, one after the other, and where
 * each ends. A million texts are two arrays; a string is made when it is read.
 */
export interface SampleTexts {
  readonly bytes: Uint8Array;
  /** [N], ascending: text n is from where the one before ends up to here. */
  readonly ends: Uint32Array;
}

/** Size of one text in UTF-8: a chapter of a book. */
export const TEXT_MAX_BYTES = 1024 * 1024;

/** @param sample - index into the set. */
export function sampleText({ bytes, ends }: SampleTexts, sample: number): string {
  const start = sample === 0 ? 0 : ends[sample - 1];
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, ends[sample]));
}

export function sampleTextsOf(texts: Iterable<string>): SampleTexts {
  const parts: Uint8Array[] = [];
  const ends: number[] = [];
  let end = 0;
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text);
    parts.push(bytes);
    end += bytes.length;
    ends.push(end);
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), ends: Uint32Array.from(ends) };
}

/** Why the arrays are not the texts of so many samples; undefined: they are. */
export function sampleTextsProblem(
  { bytes, ends }: SampleTexts,
  sampleCount: number,
): string | undefined {
  if (ends.length !== sampleCount) return `want ${sampleCount} texts, got ${ends.length}`;
  let start = 0;
  for (const [sample, end] of ends.entries()) {
    if (end < start) return `text ${sample} ends before it begins`;
    if (end - start > TEXT_MAX_BYTES) {
      return `text ${sample} has ${end - start} bytes; at most ${TEXT_MAX_BYTES}`;
    }
    start = end;
  }
  return start === bytes.length ? undefined : `has ${bytes.length} bytes, and the texts ${start}`;
}
