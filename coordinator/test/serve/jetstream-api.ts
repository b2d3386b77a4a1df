/** One request to JetStream's API, as an operator's tool makes it: plain NATS over a socket. */
import { connect } from 'node:net';
import type { NatsCredentials } from '@lyceum/platform/nats';

/** @param subject - below `$JS.API.`, as `STREAM.INFO.NAME`. @throws {Error} with JetStream's error. */
export async function jetStreamApi(
  natsUrl: string,
  { user, password }: NatsCredentials,
  subject: string,
  request: unknown,
): Promise<Record<string, unknown>> {
  const { hostname, port } = new URL(natsUrl);
  const socket = connect(Number(port), hostname);
  const payload = JSON.stringify(request);
  const options = JSON.stringify({ verbose: false, user, pass: password });
  socket.write(`CONNECT ${options}\r\nSUB inbox 1\r\n`);
  socket.write(`PUB $JS.API.${subject} inbox ${Buffer.byteLength(payload)}\r\n${payload}\r\n`);
  try {
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      const reply = /MSG inbox 1 (\d+)\r\n/.exec(text);
      const start = reply === null ? 0 : reply.index + reply[0].length;
      if (reply === null || text.length < start + Number(reply[1])) continue;
      const answer = JSON.parse(text.slice(start, start + Number(reply[1])));
      if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
      return answer;
    }
    throw new Error('NATS closed the connection');
  } finally {
    socket.destroy();
  }
}
