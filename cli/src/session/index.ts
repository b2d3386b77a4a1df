/** Shared by all commands: the connection, exit codes, interrupts. */
export { EXIT } from '@lyceum/platform';
export {
  type CommandContext,
  type GlobalOptions,
  globalOptions,
  notice,
  print,
  tlsOf,
  withCoordinator,
} from './command-context.js';
export { comparedRun } from './compared-run.js';
export { CommandExit, exitOf } from './exit-codes.js';
export { interruptible } from './interruptible.js';
export { labelSelector } from './label-selector.js';
export { printableYaml } from './printable-yaml.js';
export { type Colour, lineWidth, type Paint, painter, tableWidth } from './terminal.js';
export { type OnProgress, withProgress } from './with-progress.js';
