// Each row is a reason why a teacher does not load, with the error code that it has.
import type { ErrorCode } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  isPermanent,
  type LoadStage,
  MISSING_FILE_ATTEMPTS,
} from '../../src/teachers/load-failure.js';

describe('isPermanent is true for', () => {
  it.each<[string, ErrorCode, LoadStage]>([
    ['a model that no engine here runs', 'INVALID_ARGUMENT', 'opening'],
    ['a model that is another than it was when it was pushed', 'FAILED_PRECONDITION', 'opening'],
    ['a secret that is missing', 'FAILED_PRECONDITION', 'opening'],
    ['a secret that is refused', 'PERMISSION_DENIED', 'opening'],
    ['a mounted file with other bytes', 'FAILED_PRECONDITION', 'fetching'],
  ])('%s', (_, code, stage) => {
    expect(isPermanent({ code }, stage, 1)).toBe(true);
  });
});

describe('isPermanent is false for', () => {
  it.each<[string, ErrorCode, LoadStage]>([
    ['a server that is away', 'UNAVAILABLE', 'opening'],
    ['a server that is too slow', 'DEADLINE_EXCEEDED', 'opening'],
    ['a server that does not have the model yet', 'NOT_FOUND', 'opening'],
    ['a full disk, or no memory left', 'RESOURCE_EXHAUSTED', 'fetching'],
    ['something unknown', 'INTERNAL', 'opening'],
  ])('%s', (_, code, stage) => {
    expect(isPermanent({ code }, stage, 100)).toBe(false);
  });
});

it('isPermanent is true for a missing file only after MISSING_FILE_ATTEMPTS attempts', () => {
  const at = (attempts: number) => isPermanent({ code: 'NOT_FOUND' }, 'fetching', attempts);
  expect(at(MISSING_FILE_ATTEMPTS - 1)).toBe(false);
  expect(at(MISSING_FILE_ATTEMPTS)).toBe(true);
});
