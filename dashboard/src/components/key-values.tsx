/** Names and what they stand for: digests, versions, seeds. */
import type { ComponentChildren } from 'preact';

interface KeyValuesProps {
  readonly entries: readonly (readonly [name: string, value: ComponentChildren])[];
  /** Digests and the like, in letters of equal width. */
  readonly isCode?: boolean;
}

export function KeyValues({ entries, isCode = false }: KeyValuesProps) {
  return (
    <dl class="key-values">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{isCode ? <code>{value}</code> : value}</dd>
        </div>
      ))}
    </dl>
  );
}
