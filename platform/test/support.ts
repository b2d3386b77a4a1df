/**
 * What other packages' tests use of these: programs that they need, real servers. Tests here use no other package's.
 */
export { freePort } from './free-port.js';
export { type Ended, type Python, pythonWith } from './python.js';
export { S3_SERVER_MS, type S3Server, startS3Server, startSlowedServer } from './s3-server.js';
