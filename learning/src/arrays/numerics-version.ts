/**
 * The version of everything that decides a student's bits: orders, views, codecs, pools, objectives, optimisers,
 * architectures, the engine. It rises by one with a change after which the same run ends in other weights, and with no
 * other, so that a checkpoint of a former build goes on in a new one exactly where it means the same.
 */
export const NUMERICS_VERSION = 3;
