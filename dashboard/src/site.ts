/** Folder of the bundled page. */
import { fileURLToPath } from 'node:url';

/** Has `index.html` and `assets/`, written by the build. */
export const SITE_FOLDER = fileURLToPath(new URL('page/', import.meta.url));
