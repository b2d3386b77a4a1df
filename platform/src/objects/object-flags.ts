/** Flags of programs and commands that read sets in shards, each with its environment variable. */
import type { Option } from 'commander';
import { flag } from '../flags/index.js';

export interface ObjectFlags {
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string | undefined;
}

export function objectFlags(): Option[] {
  return [
    flag(
      '--s3-endpoint <url>',
      'the server of s3:// addresses, https://minio.example.org:9000, which may be called wherever it is; default: AWS',
      'LYCEUM_S3_ENDPOINT',
    ),
    flag(
      '--s3-region <region>',
      'of s3:// addresses; default: AWS_REGION, AWS_DEFAULT_REGION, or us-east-1',
      'LYCEUM_S3_REGION',
    ),
  ];
}
