/** Command lines and variables, read by commander. */
import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { type ObjectFlags, objectFlags } from '../../src/objects/index.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

function read(...args: string[]): ObjectFlags {
  const command = new Command();
  for (const option of objectFlags()) command.addOption(option);
  return command.parse(args, { from: 'user' }).opts<ObjectFlags>();
}

it('objectFlags reads flags, or else environment variables', () => {
  expect(read()).toEqual({});
  vi.stubEnv('LYCEUM_S3_ENDPOINT', 'http://10.0.0.7:9000');
  vi.stubEnv('LYCEUM_S3_REGION', 'eu-1');
  expect(read()).toEqual({ s3Endpoint: 'http://10.0.0.7:9000', s3Region: 'eu-1' });
  expect(read('--s3-region', 'eu-2')).toMatchObject({ s3Region: 'eu-2' });
});
