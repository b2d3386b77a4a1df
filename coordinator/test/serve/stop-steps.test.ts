import { expect, it } from 'vitest';
import { StopSteps } from '../../src/stop-steps.js';

const notTold = () => expect.unreachable();

it('StopSteps runs its steps once, in reverse order', async () => {
  const stops = new StopSteps(notTold);
  const stopped: string[] = [];
  for (const name of ['first', 'second']) stops.add(async () => void stopped.push(name));
  await Promise.all([stops.stopAll(), stops.stopAll()]);
  expect(stopped).toEqual(['second', 'first']);
});

it('StopSteps runs the other steps when one fails, and then throws its error', async () => {
  const stops = new StopSteps(notTold);
  const stopped: string[] = [];
  stops.add(async () => void stopped.push('first'));
  stops.add(async () => Promise.reject(new Error('the disk is full')));
  stops.add(async () => void stopped.push('last'));
  await expect(stops.stopAll()).rejects.toThrow('the disk is full');
  expect(stopped).toEqual(['last', 'first']);
});

it('StopSteps throws the first of several errors, and reports the others', async () => {
  const told: unknown[] = [];
  const stops = new StopSteps((err) => told.push(err));
  for (const name of ['first', 'second', 'third']) stops.add(() => Promise.reject(new Error(name)));
  await expect(stops.stopAll()).rejects.toThrow('third');
  expect(told).toEqual([new Error('second'), new Error('first')]);
});
