/** Fields of terms and rules of the cluster's plugin. */
import { z } from 'zod';
import { number, text, wants } from './document-schema.js';

/** Name of a term or rule in the cluster's plugin. */
export const ownName = text(
  'a name of the plugin: lower-case letters, digits and dashes, at most 63',
  /^[a-z][a-z0-9-]{0,62}$/,
);

/** Numbers that the plugin's method is given, by name. Only the method knows what they mean. */
export const ownSettings = z.record(
  text('a name of at most 63 characters', /^.{1,63}$/su),
  number('a number'),
  { error: wants('a mapping from names to numbers') },
);
