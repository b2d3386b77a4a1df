/**
 * Entry of the thread of teachers that other programs run. This thread waits for the network and computes nothing, so
 * that it and the thread that computes do not delay each other. Calls of different teachers run side by side; calls of
 * one teacher do not overlap.
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
