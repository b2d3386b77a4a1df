import { expect, test } from 'vitest';
import { gatherNats } from '../../src/doctor/gather-nats.js';

test('without workers, and with no server named, no NATS is needed', async () => {
  const place = { url: undefined, credentials: undefined, tls: undefined };
  const env = { LYCEUM_CACHE: '/nowhere', PATH: '' };
  expect(await gatherNats({ ...place, hasWorkers: false }, env)).toEqual({ kind: 'not needed' });
  expect(await gatherNats({ ...place, hasWorkers: true }, env)).toMatchObject({ kind: 'own' });
});
