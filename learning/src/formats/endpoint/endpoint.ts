/** The format of black-box endpoints, for the table of formats. */
import { InvalidDocumentError } from '@lyceum/proto';
import { readTextFile } from '../../files/index.js';
import type { ModelFormat } from '../../models/index.js';
import { parseEndpoint, writtenKeyProblems } from '../../specification/index.js';
import {
  describeEndpoint,
  ENDPOINT_MEMBER,
  type EndpointPackage,
  encodeEndpointPackage,
  parseEndpointPackage,
} from './endpoint-package.js';

export const endpoint = {
  name: 'endpoint',
  engine: 'http',
  member: ENDPOINT_MEMBER,
  parse: parseEndpointPackage,
  describe: describeEndpoint,
  onDisk: {
    liesAt: (path) => /\.(ya?ml|endpoint\.json)$/.test(path),
    pack(path, given) {
      const described = parseEndpoint(readTextFile(path, 'NOT_FOUND'), path);
      const problems = writtenKeyProblems(described);
      if (problems.length > 0) throw new InvalidDocumentError(path, problems);
      const settings = { output: 'probabilities' as const, ...given };
      return encodeEndpointPackage({ endpoint: described, settings });
    },
  },
  isRemote: true,
  isPaid: true,
  answersByName: true,
} as const satisfies ModelFormat<EndpointPackage>;
