/** The page in the browser. */
import { render } from 'preact';

const root = document.getElementById('page');
if (root !== null) render(<h1>Lyceum</h1>, root);
