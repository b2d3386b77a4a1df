/**
 * Entry of the thread of teachers that somebody else runs: it waits for the network and computes nothing, so that
 * neither holds up the thread that computes nor is held up by it. Calls are carried out side by side; each teacher's
 * own do not overlap.
 */
import { workerData } from 'node:worker_threads';
import { AddressGuard } from '@lyceum/platform';
import { offerToOwner } from '@lyceum/platform/threads';
import { remoteTeachers } from './remote/index.js';
import type { RemoteSettings, TeacherCalls } from './teacher-calls.js';
import { Teachers } from './teachers.js';

const { secrets, allowedAddresses, keptFolder } = workerData as RemoteSettings;
const outside = { secrets, addresses: new AddressGuard(allowedAddresses) };
const measured = { computeThreads: 1, lookupDelayMs: undefined, lookupDelayFile: undefined };
const teachers = new Teachers(remoteTeachers(outside, Math.random, keptFolder), measured, {});
offerToOwner<TeacherCalls>(teachers.calls);
