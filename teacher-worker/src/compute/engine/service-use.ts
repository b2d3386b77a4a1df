/** The use of an outside service, which may cost money. */
export interface ServiceUse {
  readonly count: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function usedTogether(one: ServiceUse, other: ServiceUse): ServiceUse {
  return {
    count: one.count + other.count,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
  };
}
