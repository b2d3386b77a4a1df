// A trial of the tool chain.
export function heapBase(): usize {
  return __heap_base;
}
