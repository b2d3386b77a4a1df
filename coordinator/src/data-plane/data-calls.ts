/** What a data thread is called for. */
import type { WordMemory } from '@lyceum/learning/codecs';
import type { CombinedRows, CombineRequest } from './combine-rows.js';
import type { EncodeRequest } from './encode-rows.js';

export interface DataCalls {
  combine(request: CombineRequest): CombinedRows;
  /** @returns the memory that came with the request: by output, by codec. */
  encode(request: EncodeRequest): WordMemory[][];
}

export function buffersOf(memories: readonly (readonly WordMemory[])[]): ArrayBuffer[] {
  return memories.flat().map(({ words }) => words.buffer as ArrayBuffer);
}
