/** A deliberate fault: a thin layer over one of the machines of the coordinator, which the simulator must detect. */
import { REAL_MACHINES } from '../../src/simulate/play-schedule.js';
import type { Machines } from '../../src/simulate/world/index.js';

export type Fault = readonly [what: string, machines: Machines];

/** The real machines, some of them replaced. */
export function machines(some: Partial<Machines>): Machines {
  return { ...REAL_MACHINES, ...some };
}

type Kind<E extends { readonly kind: string }> = E['kind'];

export function without<E extends { readonly kind: string }>(
  effects: E[],
  ...kinds: Kind<E>[]
): E[] {
  return effects.filter((effect) => !kinds.includes(effect.kind));
}
