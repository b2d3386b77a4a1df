/** Checks a worker's hello before it is used: the coordinator keeps, shows and records what it says. */
import {
  cut,
  HELLO_TEXT_MAX_LETTERS,
  LyceumError,
  SESSION_KEY_BYTES,
  type WorkerDevice,
} from '@lyceum/proto';

const WORKER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

interface Hello {
  readonly workerId: string;
  readonly version: string;
  readonly device: WorkerDevice | undefined;
  readonly sessionKey: Buffer;
}

/** @throws {LyceumError} INVALID_ARGUMENT */
export function checkedHello<H extends Hello>(hello: H): H {
  const { workerId, version, device, sessionKey } = hello;
  if (!WORKER_ID.test(workerId)) {
    const rule = 'letters, digits, dots, dashes and underscores, at most 128';
    throw refused(`${JSON.stringify(cut(workerId, 128))} is no worker id; want ${rule}`);
  }
  if (workerId === 'coordinator') {
    throw refused(
      '"coordinator" is no worker id: it names the coordinator where lines of logs are shown',
    );
  }
  const texts = {
    version,
    engine: device?.engine ?? '',
    'engine version': device?.engineVersion ?? '',
    device: device?.device ?? '',
    'driver of the GPU': device?.gpu?.driver ?? '',
  };
  for (const [what, text] of Object.entries(texts)) {
    if (text.length <= HELLO_TEXT_MAX_LETTERS) continue;
    throw refused(
      `the ${what} in the hello of ${workerId} has ${text.length} letters; at most ${HELLO_TEXT_MAX_LETTERS} are read`,
    );
  }
  if (sessionKey.length !== SESSION_KEY_BYTES) {
    throw refused(
      `the hello of ${workerId} has a session key of ${sessionKey.length} bytes, want ${SESSION_KEY_BYTES}; is the worker of another version?`,
    );
  }
  return hello;
}

function refused(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
