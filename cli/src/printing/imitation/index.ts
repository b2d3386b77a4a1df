export * from './imitation-lines.js';
