import { RunEvent } from '@lyceum/proto';
import { describe, expect, test } from 'vitest';
import { standingEvents } from '../../src/monitoring/standing-events.js';

/** Each text is a kind and a step, as `validation 40`, or a kind alone. */
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

describe('standingEvents', () => {
  test('keeps all events of an uninterrupted run in order', () => {
    const told = ['submitted', 'assigned 0', 'validation 20', 'checkpoint 20', 'validation 40'];
    expect(standing(...told)).toEqual(told);
  });

  test('drops events of steps after the one from which the run was assigned again', () => {
    const told = ['assigned 0', 'checkpoint 20', 'validation 25', 'validation 30', 'assigned 20'];
    expect(standing(...told)).toEqual(['assigned 0', 'checkpoint 20', 'assigned 20']);
  });

  test('keeps only the last event of a step that was repeated', () => {
    const told = ['validation 20', 'checkpoint 20', 'validation 40', 'assigned 20'];
    expect(standing(...told, 'validation 40', 'checkpoint 40')).toEqual([
      'validation 20',
      'checkpoint 20',
      'assigned 20',
      'validation 40',
      'checkpoint 40',
    ]);
  });

  test('drops events of steps that the student repeats, though it was assigned a later step', () => {
    const told = ['assigned 0', 'validation 20', 'validation 40', 'checkpoint 40', 'assigned 40'];
    expect(standing(...told, 'validation 20')).toEqual([
      'assigned 0',
      'checkpoint 40',
      'assigned 40',
      'validation 20',
    ]);
  });

  test('keeps only events without a step of an earlier attempt', () => {
    const told = ['submitted', 'assigned 0', 'validation 20', 'checkpoint 20', 'state-changed'];
    expect(standing(...told, 'assigned 0')).toEqual([
      'submitted',
      'assigned 0',
      'state-changed',
      'assigned 0',
    ]);
  });

  test('keeps the events of the last of several recoveries', () => {
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
