/**
 * Makes VitePress' search box usable with screen readers. VitePress' box is a button that holds a form, and each
 * result is an option that holds a link. Here the box is a dialog, and the links themselves are the options. Pure.
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
  // The accessible name of a link is its text, without the number sign.
  [`:aria-label="[...p.titles, p.title].join(' > ')"`, ''],
  ['<span class="title-icon">', '<span class="title-icon" aria-hidden="true">'],
  // An element needs a role to have a name: without a role, screen readers do not read the arrows' names.
  ['<kbd :aria-label', '<kbd role="img" :aria-label'],
];

/** @throws {Error} if the component's text differs, as in another version of VitePress. */
export function withDialogAndOptions(component: string): string {
  return CHANGES.reduce((text, [before, after]) => {
    if (!text.includes(before))
      throw new Error(`VitePress' search box lacks these lines:\n${before}`);
    return text.replaceAll(before, after);
  }, component);
}
