/** A small descriptor, as buf prints it, and the page that is made of it. */
import { expect, it } from 'vitest';
import {
  type DescriptorSet,
  describedProtocol,
  protocolPage,
} from '../../src/reference/protocol.js';

const set: DescriptorSet = {
  file: [
    {
      name: 'lyceum/v1/a.proto',
      package: 'lyceum.v1',
      service: [
        {
          name: 'RunService',
          method: [
            {
              name: 'GetRun',
              inputType: '.lyceum.v1.GetRunRequest',
              outputType: '.lyceum.v1.Run',
              serverStreaming: true,
            },
          ],
        },
      ],
      messageType: [
        { name: 'GetRunRequest', field: [{ name: 'run_id', number: 1, type: 'TYPE_STRING' }] },
        {
          name: 'Run',
          field: [
            { name: 'ids', number: 2, label: 'LABEL_REPEATED', type: 'TYPE_BYTES' },
            { name: 'state', number: 3, type: 'TYPE_ENUM', typeName: '.lyceum.v1.State' },
          ],
        },
      ],
      enumType: [
        { name: 'State', value: [{ name: 'STATE_UNSPECIFIED' }, { name: 'ON', number: 1 }] },
      ],
      sourceCodeInfo: {
        location: [
          {
            path: [6, 0, 2, 0],
            leadingComments: ' A run,\n now.\n\n NOT_FOUND  no\n            run\n',
          },
          { path: [4, 1, 2, 0], leadingComments: ' Their a | b.\n' },
        ],
      },
    },
    { name: 'inference/b.proto', package: 'inference', messageType: [{ name: 'Other' }] },
  ],
};

it('protocolPage has both messages of a call, its text, and its errors as a list', () => {
  const page = protocolPage('Intro.', set);
  expect(page).toContain('[GetRunRequest](#getrunrequest) → stream of [Run](#run)');
  expect(page).toContain('A run, now.\n\n- `NOT_FOUND`: no run');
});

it('protocolPage has number, type and text of a field, and links to other types', () => {
  const page = protocolPage('Intro.', set);
  expect(page).toContain('| `ids` | 2 | list of bytes | Their a \\| b. |');
  expect(page).toContain('| `state` | 3 | [State](#state) |');
  expect(page).not.toContain('Other');
});

it('describedProtocol has empty texts for uncommented items, except call messages and enum zeros', () => {
  const without = describedProtocol(set).filter(({ text }) => text === '');
  expect(without.map(({ path }) => path)).toEqual([
    'GetRunRequest.run_id',
    'Run.state',
    'State',
    'State.ON',
    'RunService',
  ]);
});
