/** The model `sums` of the arithmetic server, with the server opened and the model found. */
import { AddressGuard, type Outside } from '@lyceum/platform';
import { findModel } from '../../src/open-inference/find-model.js';
import { openInferenceServer } from '../../src/open-inference/open-inference-server.js';
import { RemoteModel } from '../../src/open-inference/remote-model.js';
import { checkInferenceDescription } from '../../src/specification/servers/inference-schema.js';
import { atEnd, type Started } from './arithmetic-server.js';

type At = Pick<Started, 'url'>;

/** An outside with only this machine. @param secrets - by name, all allowed for this machine. */
export function outsideOf(secrets: Readonly<Record<string, string>> = {}): Outside {
  return {
    secrets: {
      folder: undefined,
      variables: Object.fromEntries(
        Object.entries(secrets).flatMap(([name, text]) => [
          [`LYCEUM_SECRET_${name}`, text],
          [`LYCEUM_HOSTS_OF_${name}`, '127.0.0.1,localhost'],
        ]),
      ),
      unboundGo: 'nowhere',
    },
    addresses: new AddressGuard(['127.0.0.0/8', '::1']),
  };
}

/** The opened server, closed after the test. @param changes - changes of the description. */
export function opened({ url }: At, changes: object = {}, outside = outsideOf()) {
  const description = checkInferenceDescription({ url, model: 'sums', ...changes }, 'test');
  const server = openInferenceServer(description, outside);
  atEnd(() => server.close());
  return { description, server };
}

/** @param random - determines the waits between attempts. */
export async function found(
  at: At,
  changes: object = {},
  settings: object = {},
  outside = outsideOf(),
  random: () => number = () => 0,
) {
  const { description, server } = opened(at, changes, outside);
  const remote = await findModel(server, description, settings);
  return { server, remote, model: new RemoteModel(server, remote, random) };
}
