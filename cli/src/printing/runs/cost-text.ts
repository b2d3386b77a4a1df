import { secondsText } from '../text/index.js';

/** Device time, in the form of reports and runs. */
interface DeviceCosts {
  readonly studentDeviceSeconds: number;
  readonly teachers: readonly { readonly name: string; readonly deviceSeconds: number }[];
}

/** `12.3 s of devices: student 8.1 s, teachers 4.2 s (wide 3.0 s, lenet 1.2 s)`. */
export function costText({ studentDeviceSeconds, teachers }: DeviceCosts): string {
  const ofTeachers = teachers.reduce((sum, own) => sum + own.deviceSeconds, 0);
  const student = `student ${secondsText(studentDeviceSeconds)}`;
  const total = secondsText(studentDeviceSeconds + ofTeachers);
  if (teachers.length === 0) return `${total} of devices: ${student}`;
  const each = teachers.map((own) => `${own.name} ${secondsText(own.deviceSeconds)}`).join(', ');
  return `${total} of devices: ${student}, teachers ${secondsText(ofTeachers)} (${each})`;
}
