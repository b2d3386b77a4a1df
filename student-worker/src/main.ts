#!/usr/bin/env node
/**
 * The student worker: trains one run at a time, as the coordinator says.
 *
 * The only file that reads the environment. Exit codes: 0 stopped by a signal, 1 failed, 2 usage, 4 nobody
 * answers, 6 a folder or address in use, 130 interrupted twice.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setGpu } from '@lyceum/learning/tensorflow';
import {
  collectGarbageRarely,
  createLogger,
  isYes,
  LogTap,
  lockFolder,
  Shutdown,
  tlsIdentityIn,
} from '@lyceum/platform';
import { natsCredentialsIn } from '@lyceum/platform/nats';
import { exitCodeOf, pictureSettings, usableDevice } from '@lyceum/platform/worker';
import { printable, toLyceumError } from '@lyceum/proto';
import { type Flags, studentWorkerCommand } from './command.js';
import { DRAIN_MS, startProgram } from './program.js';

/** For everything at the end: the drain, then what is left. */
const STOP_MS = DRAIN_MS + 5_000;

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = studentWorkerCommand(version, run);

await command.parseAsync();

async function run(flags: Flags): Promise<void> {
  collectGarbageRarely();
  try {
    const tls = tlsIdentityIn(flags.tlsDir, Date.now());
    const natsCredentials = natsCredentialsIn(flags.natsCredentials);
    const tap = new LogTap();
    const log = createLogger({ name: 'student-worker', level: flags.logLevel, tap });
    const lock = await lockFolder(flags.stateDir, `student worker ${flags.workerId}`);
    const shutdown = Shutdown.install(log, STOP_MS);
    shutdown.onStop('lock of the state folder', async () => lock.release());
    try {
      const { workerId, determinism } = flags;
      const { gpu, allowCpu } = await usableDevice(flags, process.env, log);
      setGpu(gpu?.uuid, determinism, process.env);
      const started = await startProgram(
        {
          workerId,
          version,
          natsUrl: flags.nats,
          natsCredentials,
          coordinator: flags.coordinator,
          http: flags.http,
          insecure: flags.insecure || isYes('LYCEUM_INSECURE', process.env),
          tls,
          stateDir: resolve(flags.stateDir),
          datasetsRoot: flags.datasetsRoot,
          pictures: pictureSettings(flags, process.env),
          tap,
          tensorboardDir: flags.tensorboardDir,
          computeThreads: flags.computeThreads,
          gpu,
          allowCpu,
          isFast: determinism === 'fast',
          eager: flags.eager || isYes('LYCEUM_EAGER', process.env),
        },
        shutdown,
        log,
      );
      const { http } = started;
      const line = { program: 'student-worker', http, pid: process.pid, workerId };
      process.stdout.write(`${JSON.stringify(line)}\n`);
      await started.failed;
    } catch (err) {
      // Told to end while it waited for NATS.
      if (shutdown.signal.aborted) return;
      log.fatal({ err }, 'worker failed');
      process.exit(await shutdown.stop('failure', exitCodeOf(err)));
    }
  } catch (err) {
    process.stderr.write(`student-worker: ${printable(toLyceumError(err).message)}\n`);
    process.exit(exitCodeOf(err));
  }
}
