/** The task of {@link readSpecification}: YAML that nobody wrote by hand takes seconds. */
import { parseRunSpecification } from '@lyceum/proto';

export interface SpecificationText {
  readonly text: string;
  readonly source: string;
}

/** @returns the specification, every default filled in. */
export function task({ text, source }: SpecificationText): unknown {
  return parseRunSpecification(text, source);
}
