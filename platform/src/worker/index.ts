/** The command line of a worker: the flags that both kinds have, and the exit codes that both end with. */
export { exitCodeOf } from './exit-codes.js';
export { type PictureSettings, pictureSettings } from './picture-settings.js';
export { usableDevice } from './usable-device.js';
export { flag, type WorkerFlags, workerCommand } from './worker-flags.js';
