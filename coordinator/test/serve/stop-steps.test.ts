import { expect, it } from 'vitest';
import { StopSteps } from '../../src/stop-steps.js';

const notTold = () => expect.unreachable();

it('stops in reverse order, once', async () => {
  const stops = new StopSteps(notTold);
  const stopped: string[] = [];
  for (const name of ['first', 'second']) stops.add(async () => void stopped.push(name));
  await Promise.all([stops.stopAll(), stops.stopAll()]);
  expect(stopped).toEqual(['second', 'first']);
});

it('takes the other steps when one fails, and then throws what that threw', async () => {
  const stops = new StopSteps(notTold);
  const stopped: string[] = [];
  stops.add(async () => void stopped.push('first'));
  stops.add(async () => Promise.reject(new Error('the disk is full')));
  stops.add(async () => void stopped.push('last'));
  await expect(stops.stopAll()).rejects.toThrow('the disk is full');
  expect(stopped).toEqual(['last', 'first']);
});

it('throws what the first threw of several that fail, and tells what the others did', async () => {
  const told: unknown[] = [];
  const stops = new StopSteps((err) => told.push(err));
  for (const name of ['first', 'second', 'third']) stops.add(() => Promise.reject(new Error(name)));
  await expect(stops.stopAll()).rejects.toThrow('third');
  expect(told).toEqual([new Error('second'), new Error('first')]);
});
