/** The flags of programs and commands that read sets in shards, each with its variable. */
import { Option } from 'commander';

export interface ObjectFlags {
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string | undefined;
}

export function objectFlags(): Option[] {
  return [
    new Option(
      '--s3-endpoint <url>',
      'the server of s3:// addresses, https://minio.example.org:9000, which may be called wherever it is; default: AWS',
    ).env('LYCEUM_S3_ENDPOINT'),
    new Option(
      '--s3-region <region>',
      'of s3:// addresses; default: AWS_REGION, AWS_DEFAULT_REGION, or us-east-1',
    ).env('LYCEUM_S3_REGION'),
  ];
}
