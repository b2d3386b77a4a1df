import { boundsProblem, parseYamlDocument } from '@lyceum/learning/documents';
import type { Problem } from '@lyceum/proto';

/** A person's YAML, as a value that JSON can express. A value that contains itself, by an alias, is too deep. */
export function readYaml(
  text: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  const read = parseYamlDocument(text);
  if ('problem' in read) return read;
  const problem = boundsProblem(read.value);
  return problem === undefined ? read : { problem };
}
