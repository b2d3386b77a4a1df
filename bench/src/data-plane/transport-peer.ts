/** The other side of `transport.ts`, a process of its own: sends answers or receives targets, as fast as possible. */
import { connect, StudentClient, TeacherClient } from '@lyceum/platform';
import { decodeAnswerFrame, TargetRequest } from '@lyceum/proto';
import { frameBytes } from './frames.js';

const [address = '', kind = '', classText = '', frameText = ''] = process.argv.slice(2);

if (kind === 'answers') {
  const client = connect(TeacherClient, address);
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
  const client = connect(StudentClient, address);
  const call = client.receiveTargets();
  call.on('data', () => undefined);
  call.write(TargetRequest.fromPartial({}));
  await new Promise((resolve) => call.once('status', resolve));
  client.close();
}
