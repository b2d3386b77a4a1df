/** `--label NAME=VALUE`: runs by a label of their specification's metadata. */
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Run } from '@lyceum/proto';
import { InvalidArgumentError } from 'commander';

export interface LabelSelector {
  readonly label: string;
  readonly value: string;
}

/** For options. */
export function labelSelector(text: string): LabelSelector {
  const equals = text.indexOf('=');
  if (equals > 0) return { label: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new InvalidArgumentError('want NAME=VALUE, as in sweep=digits.');
}

/** In the order in which they were submitted. */
export function runsWithLabel(runs: readonly Run[], { label, value }: LabelSelector): Run[] {
  return runs
    .filter((run) => labelsOf(run)[label] === value)
    .sort((a, b) => a.submittedAtMs - b.submittedAtMs);
}

function labelsOf({ specificationJson }: Run): Readonly<Record<string, string>> {
  const { metadata } = JSON.parse(specificationJson) as RunSpecification;
  return metadata.labels ?? {};
}
