/** Makes sure that a stream exists, with the settings of this program. */
import { type JetStreamManager, NatsError, type StreamConfig } from 'nats';
import { natsError } from './nats-errors.js';

/** JetStream's `err_code` for a stream of that name with other settings. */
const OTHER_SETTINGS = 10058;

/**
 * Creates the stream, or gives a stream with other settings these. Its messages stay.
 *
 * @throws {LyceumError} UNAVAILABLE if JetStream does not answer.
 */
export async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
): Promise<void> {
  try {
    try {
      await manager.streams.add(config);
    } catch (err) {
      if (!(err instanceof NatsError) || err.api_error?.err_code !== OTHER_SETTINGS) throw err;
      await manager.streams.update(config.name, config);
    }
  } catch (err) {
    throw natsError(err, `stream ${config.name}`);
  }
}
