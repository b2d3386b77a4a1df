/** What a check found, as one file of HTML. */
export { checkPage } from './check-page.js';
