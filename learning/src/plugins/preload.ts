/**
 * Loads a plugin before a program starts: `node --import 'file:///…/preload.js?file=/…/plugin.mjs' main.js`. Node also
 * does this in each of the program's threads, so every thread that computes has the plugin.
 */
import { readPlugin } from './read-plugin.js';
import { setPlugin } from './registry.js';

const file = new URL(import.meta.url).searchParams.get('file');
if (file === null) throw new Error('preload.js wants ?file=PLUGIN');
setPlugin(await readPlugin(file));
