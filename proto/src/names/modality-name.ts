/** Names of a set's modalities, in the set's file (`inputs.NAME.npy`), in models' settings and in runs. */
export const MODALITY_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;

export const MODALITY_NAME_RULE =
  'lower-case letters, digits, dashes and underscores, at most 63, no dash or underscore at the ends';
