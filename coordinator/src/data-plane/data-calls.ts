/** The calls that a data thread answers. */
import type { WordMemory } from '@lyceum/learning/codecs';
import type { CombinedRows, CombineRequest } from './combine-rows.js';
import type { EncodeRequest } from './encode-rows.js';

export interface DataCalls {
  combine(request: CombineRequest): CombinedRows;
  /** @returns the request's memory, with the records in it: by output, by codec. */
  encode(request: EncodeRequest): WordMemory[][];
}

export function buffersOf(memories: readonly (readonly WordMemory[])[]): ArrayBuffer[] {
  return memories.flat().map(({ words }) => words.buffer as ArrayBuffer);
}
