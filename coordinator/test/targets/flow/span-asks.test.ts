// Teachers of one model share one ask of a span.
import { expect, it } from 'vitest';
import { SpanAsks } from '../../../src/targets/flow/span-asks.js';
import { anAsk } from '../../tickets/asks/an-ask.js';

it('SpanAsks opens an ask at the first want of a span, and withdraws it at the last unwant', () => {
  const asks = new SpanAsks((_, span) => ({ ...anAsk(), id: `a${span}` }));
  expect(asks.want(0, 5)?.id).toBe('a5');
  expect(asks.want(2, 5)).toBeUndefined();
  expect(asks.want(0, 6)?.id).toBe('a6');
  expect(asks.find('a5')).toEqual({ span: 5, teachers: new Set([0, 2]) });
  expect(asks.unwant(1, 5)).toBeUndefined();
  expect(asks.unwant(0, 6)).toBe('a6');
  expect(asks.unwant(0, 5)).toBeUndefined();
  expect(asks.unwant(2, 5)).toBe('a5');
  expect(asks.unwant(2, 5)).toBeUndefined();
  expect(asks.want(2, 5)?.id).toBe('a5');
});

it('SpanAsks forgets an ask that is done', () => {
  const asks = new SpanAsks((_, span) => ({ ...anAsk(), id: `a${span}` }));
  asks.want(1, 5);
  expect(asks.done('a5')).toEqual({ span: 5, teachers: new Set([1]) });
  expect(asks.done('a5')).toBeUndefined();
  expect(asks.find('a5')).toBeUndefined();
  expect(asks.unwant(1, 5)).toBeUndefined();
});
