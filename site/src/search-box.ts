/**
 * VitePress' search box as screen readers can use it. There it is a button that holds a form, and each result is an
 * option that holds a link; here it is a dialog, and the options are the links. Pure.
 */

const CHANGES: readonly (readonly [before: string, after: string])[] = [
  [
    `role="button"
      :aria-owns="results?.length ? 'localsearch-list' : undefined"
      aria-expanded="true"
      aria-haspopup="listbox"`,
    `role="dialog"
      aria-modal="true"`,
  ],
  [
    `:id="'localsearch-item-' + index"
            :aria-selected="selectedIndex === index ? 'true' : 'false'"
            role="option"`,
    `role="none"`,
  ],
  [
    `:href="p.id"
              class="result"`,
    `:href="p.id"
              :id="'localsearch-item-' + index"
              :aria-selected="selectedIndex === index ? 'true' : 'false'"
              role="option"
              class="result"`,
  ],
  // A link's name is its text, read aloud without the number sign.
  [`:aria-label="[...p.titles, p.title].join(' > ')"`, ''],
  ['<span class="title-icon">', '<span class="title-icon" aria-hidden="true">'],
  // An element without a role has no name: without one, the arrows' names are not read.
  ['<kbd :aria-label', '<kbd role="img" :aria-label'],
];

/** @throws {Error} if the component has another text, as another version of VitePress may have. */
export function withDialogAndOptions(component: string): string {
  return CHANGES.reduce((text, [before, after]) => {
    if (!text.includes(before))
      throw new Error(`VitePress' search box has no lines as:\n${before}`);
    return text.replaceAll(before, after);
  }, component);
}
