import { isUnprintable, printableJson } from '@lyceum/proto';
import { stringify } from 'yaml';

/** The data as YAML with control characters escaped. Then all strings are in quotes: only these may have escapes. */
export function printableYaml(data: unknown): string {
  const text = stringify(data, { lineWidth: 0 });
  if (!isUnprintable(text)) return text;
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' } as const;
  return printableJson(stringify(data, { lineWidth: 0, ...options }));
}
