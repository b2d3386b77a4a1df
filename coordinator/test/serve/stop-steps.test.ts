import { expect, it } from 'vitest';
import { StopSteps } from '../../src/stop-steps.js';

it('stops in reverse order, once', async () => {
  const stops = new StopSteps();
  const stopped: string[] = [];
  for (const name of ['first', 'second']) stops.add(async () => void stopped.push(name));
  await Promise.all([stops.stopAll(), stops.stopAll()]);
  expect(stopped).toEqual(['second', 'first']);
});

it('takes the other steps when one fails, and then throws what that threw', async () => {
  const stops = new StopSteps();
  const stopped: string[] = [];
  stops.add(async () => void stopped.push('first'));
  stops.add(async () => Promise.reject(new Error('the disk is full')));
  stops.add(async () => void stopped.push('last'));
  await expect(stops.stopAll()).rejects.toThrow('the disk is full');
  expect(stopped).toEqual(['last', 'first']);
});
