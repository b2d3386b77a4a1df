/**
 * The version of everything that decides a student's bits: orders, views, codecs, pools, objectives, optimisers,
 * architectures, the engine. It rises by one with every change after which the same run ends in other weights, and
 * only then: so a new build continues a checkpoint of an older one exactly if the result is the same.
 */
export const NUMERICS_VERSION = 5;
