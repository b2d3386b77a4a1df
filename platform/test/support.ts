/**
 * Helpers that tests of other packages use: programs and real servers. Tests here use no helper of another package.
 */
export { freePort } from './free-port.js';
export { type Ended, type Python, pythonWith } from './python.js';
export { S3_SERVER_MS, type S3Server, startS3Server, startSlowedServer } from './s3-server.js';
