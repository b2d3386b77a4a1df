import type { IncomingMessage } from 'node:http';

/** Requests carry hardly any data. */
export const BODY_MAX_BYTES = 4096;

/** Reads a body to its end and ignores it. @returns false: it is too long, and was not read. */
export function endsSoon(request: IncomingMessage): Promise<boolean> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_MAX_BYTES)
    return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > BODY_MAX_BYTES) {
        request.pause();
        resolve(false);
      }
    });
    request.once('end', () => resolve(true));
    request.once('error', reject);
  });
}
