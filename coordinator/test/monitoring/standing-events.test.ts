import { RunEvent } from '@lyceum/proto';
import { describe, expect, test } from 'vitest';
import { standingEvents } from '../../src/monitoring/standing-events.js';

/** `validation 40` and the like. */
function logOf(...texts: string[]): RunEvent[] {
  return texts.map((text) => {
    const [kind = '', step] = text.split(' ');
    const data = step === undefined ? {} : { step: Number(step) };
    return RunEvent.fromPartial({ kind, message: text, dataJson: JSON.stringify(data) });
  });
}

function standing(...texts: string[]): string[] {
  return standingEvents(logOf(...texts)).map(({ message }) => message);
}

describe('events that stand', () => {
  test('are all, in their order, of a run that nothing happened to', () => {
    const told = ['submitted', 'assigned 0', 'validation 20', 'checkpoint 20', 'validation 40'];
    expect(standing(...told)).toEqual(told);
  });

  test('are none of steps after the one that the run went on from, though those are not taken again yet', () => {
    const told = ['assigned 0', 'checkpoint 20', 'validation 25', 'validation 30', 'assigned 20'];
    expect(standing(...told)).toEqual(['assigned 0', 'checkpoint 20', 'assigned 20']);
  });

  test('tell of a step once, as it was the last time', () => {
    const told = ['validation 20', 'checkpoint 20', 'validation 40', 'assigned 20'];
    expect(standing(...told, 'validation 40', 'checkpoint 40')).toEqual([
      'validation 20',
      'checkpoint 20',
      'assigned 20',
      'validation 40',
      'checkpoint 40',
    ]);
  });

  test('are of the steps that were taken last, if a student went back further than it was to', () => {
    const told = ['assigned 0', 'validation 20', 'validation 40', 'checkpoint 40', 'assigned 40'];
    expect(standing(...told, 'validation 20')).toEqual([
      'assigned 0',
      'checkpoint 40',
      'assigned 40',
      'validation 20',
    ]);
  });

  test('are none of an earlier attempt but what is of no step', () => {
    const told = ['submitted', 'assigned 0', 'validation 20', 'checkpoint 20', 'state-changed'];
    expect(standing(...told, 'assigned 0')).toEqual([
      'submitted',
      'assigned 0',
      'state-changed',
      'assigned 0',
    ]);
  });

  test('are of the last of many recoveries', () => {
    const told = [
      'validation 10',
      'validation 20',
      'assigned 10',
      'validation 20',
      'validation 30',
    ];
    expect(standing(...told, 'assigned 20', 'validation 30')).toEqual([
      'validation 10',
      'assigned 10',
      'validation 20',
      'assigned 20',
      'validation 30',
    ]);
  });
});
