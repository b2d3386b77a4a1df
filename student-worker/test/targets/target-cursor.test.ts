/**
 * Batches of 4 over epochs of 10 positions: steps 0, 1, 2 are epoch 0 (4, 4 and 2 rows), steps 3, 4, 5 epoch 1. The
 * cursor does not know the 10.
 */
import { expect, it } from 'vitest';
import { TargetCursor } from '../../src/targets/target-cursor.js';

const span = (epoch: number, firstPosition: number, rows: number) => ({
  epoch,
  firstPosition,
  rows,
});

it('counts a step once all its rows have come, however they are cut', () => {
  const cursor = new TargetCursor(4, 0);
  expect(cursor.accept(span(0, 0, 3))).toBe(0);
  expect(cursor.nextStep).toBe(0);
  expect(cursor.accept(span(0, 3, 1))).toBe(0);
  expect(cursor.nextStep).toBe(1);
  expect(cursor.accept(span(0, 4, 6))).toBe(0);
  expect(cursor.nextStep).toBe(2);
});

it('counts the short last batch of an epoch when the next epoch begins', () => {
  const cursor = new TargetCursor(4, 0);
  cursor.accept(span(0, 0, 10));
  expect(cursor.nextStep).toBe(2);
  cursor.accept(span(1, 0, 4));
  expect(cursor.nextStep).toBe(4);
});

it('counts no step twice when the last batch of an epoch is full', () => {
  const cursor = new TargetCursor(4, 0);
  cursor.accept(span(0, 0, 8));
  expect(cursor.nextStep).toBe(2);
  cursor.accept(span(1, 0, 4));
  expect(cursor.nextStep).toBe(3);
});

it('starts at any step, at the position that the first block names', () => {
  const cursor = new TargetCursor(4, 5);
  expect(cursor.accept(span(1, 8, 2))).toBe(0);
  expect(cursor.nextStep).toBe(5);
  cursor.accept(span(2, 0, 4));
  expect(cursor.nextStep).toBe(7);
});

it('accept returns how many rows of a block are there already', () => {
  const cursor = new TargetCursor(4, 0);
  cursor.accept(span(0, 0, 6));
  expect(cursor.nextStep).toBe(1);
  expect(cursor.accept(span(0, 4, 4))).toBe(2);
  expect(cursor.nextStep).toBe(2);
  expect(cursor.accept(span(0, 0, 4))).toBe(4);
  expect(cursor.nextStep).toBe(2);
});

it('accepts the last batch of an epoch again without counting it', () => {
  const cursor = new TargetCursor(4, 0);
  cursor.accept(span(0, 0, 10));
  expect(cursor.accept(span(0, 8, 2))).toBe(2);
  cursor.accept(span(1, 0, 4));
  expect(cursor.accept(span(0, 8, 2))).toBe(2);
  expect(cursor.nextStep).toBe(4);
});

it.each([
  ['a gap inside an epoch', span(0, 8, 2), /position 4, got 8/],
  ['a gap at the beginning of an epoch', span(1, 4, 4), /epoch 1 position 0, got 4/],
  ['a missing epoch', span(2, 0, 4), /epoch 1 are missing/],
])('refuses %s', (_case, block, message) => {
  const cursor = new TargetCursor(4, 0);
  cursor.accept(span(0, 0, 4));
  expect(() => cursor.accept(block)).toThrow(message);
});

it('refuses to begin inside a batch', () => {
  const cursor = new TargetCursor(4, 1);
  expect(() => cursor.accept(span(0, 6, 2))).toThrow(/inside a batch of 4/);
});

it('lets credit and progress only rise, and says whether they did', () => {
  const cursor = new TargetCursor(4, 2);
  expect(cursor.raise(10, 2)).toBe(true);
  expect(cursor.raise(8, 2)).toBe(false);
  expect(cursor.raise(8, 3)).toBe(true);
  expect(cursor).toMatchObject({ creditStep: 10, doneStep: 3 });
});

it('counts a short last batch once after raise says that it is done', () => {
  const cursor = new TargetCursor(4, 0);
  cursor.accept(span(0, 0, 10));
  cursor.raise(6, 3);
  expect(cursor.nextStep).toBe(3);
  expect(cursor.accept(span(1, 0, 4))).toBe(0);
  expect(cursor.nextStep).toBe(4);
});
