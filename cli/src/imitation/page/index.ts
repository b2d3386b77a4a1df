/** The findings of a check, as one file of HTML. */
export { checkPage } from './check-page.js';
