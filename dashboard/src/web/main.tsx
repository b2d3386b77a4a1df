/** Starts the page in the browser. */
import { render } from 'preact';
import { App } from './app.js';
import { cluster } from './data/cluster.js';

cluster.ask('cluster');
const root = document.getElementById('page');
if (root !== null) render(<App />, root);
