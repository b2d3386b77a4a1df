/** A list of names with their values: digests, versions, seeds. */
import type { ComponentChildren } from 'preact';

interface KeyValuesProps {
  readonly entries: readonly (readonly [name: string, value: ComponentChildren])[];
  /** Shows values such as digests in letters of equal width. */
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
