/**
 * Entry of the thread of teachers that somebody else runs: it waits for the network and computes nothing, so that
 * neither holds up the thread that computes nor is held up by it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { AddressGuard } from '@lyceum/platform';
import { serveCommands } from './answer-thread.js';
import type { RemoteSettings } from './protocol.js';
import { remoteTeachers } from './remote/index.js';
import { Teachers } from './teachers.js';

if (parentPort === null) throw new Error('remote-thread.js runs in a worker thread only');
const { secrets, allowedAddresses } = workerData as RemoteSettings;
const outside = { secrets, addresses: new AddressGuard(allowedAddresses) };
const measured = { computeThreads: 1, lookupDelayMs: undefined, lookupDelayFile: undefined };
serveCommands({
  port: parentPort,
  teachers: new Teachers(remoteTeachers(outside, Math.random), measured, () => {}),
  atOnce: true,
  device: { engine: 'remote', engineVersion: process.versions.node, device: 'network' },
  warnings: [],
});
