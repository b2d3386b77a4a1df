/** Where the bundled page lies. */
import { fileURLToPath } from 'node:url';

/** Folder with `index.html` and `assets/`, written by the build. */
export const SITE_FOLDER = fileURLToPath(new URL('page/', import.meta.url));
