/** The other side of `transport.ts`, a process of its own: sends answers, or takes targets, as fast as they go. */
import * as grpc from '@grpc/grpc-js';
import { KEEPALIVE_OPTIONS, StudentClient, TeacherClient } from '@lyceum/platform';
import { decodeAnswerFrame, MESSAGE_MAX_BYTES, TargetRequest } from '@lyceum/proto';
import { frameBytes } from './frames.js';

const [address = '', kind = '', classText = '', frameText = ''] = process.argv.slice(2);
const options = {
  ...KEEPALIVE_OPTIONS,
  'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
  'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
};
const credentials = grpc.credentials.createInsecure();

if (kind === 'answers') {
  const client = new TeacherClient(address, credentials, options);
  const call = client.sendAnswers();
  call.on('data', () => undefined);
  const ended = new Promise((resolve) => call.once('status', resolve));
  const frame = decodeAnswerFrame(frameBytes(0, Number(classText)));
  for (let sent = 0; sent < Number(frameText); sent++) {
    if (!call.write(frame)) await new Promise((resolve) => call.once('drain', resolve));
  }
  call.end();
  await ended;
  client.close();
} else {
  const client = new StudentClient(address, credentials, options);
  const call = client.receiveTargets();
  call.on('data', () => undefined);
  call.write(TargetRequest.fromPartial({}));
  await new Promise((resolve) => call.once('status', resolve));
  client.close();
}
