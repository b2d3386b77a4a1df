/** A table that a screen reader can read: with a caption, and headings with a scope. Numbers are aligned right. */
import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  /** Meaning of the title, shown by the browser under the pointer. */
  readonly hint?: string;
  readonly value: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
}

interface DataTableProps<Row> {
  readonly caption: string;
  /** The first column names the row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Whether the last column is of sentences: on a narrow page it takes a line of its own below the others. */
  readonly isProse?: boolean;
  /** Whether the row is highlighted. */
  readonly isMain?: (row: Row) => boolean;
}

export function DataTable<Row>({ caption, columns, rows, isProse, isMain }: DataTableProps<Row>) {
  return (
    // A region wider than the page is scrolled with the arrow keys, so it can have the focus.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section class="wide" aria-label={caption} tabIndex={0}>
      <table class={isProse ? 'figures prose' : 'figures'}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, hint, isNumber }) => (
              <th key={title} scope="col" class={isNumber ? 'number' : undefined} title={hint}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r} class={isMain?.(row) ? 'main' : undefined}>
              {columns.map(({ title, value, isNumber }, c) =>
                c === 0 ? (
                  <th key={title} scope="row">
                    {value(row)}
                  </th>
                ) : (
                  <td key={title} class={isNumber ? 'number' : undefined}>
                    {value(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
