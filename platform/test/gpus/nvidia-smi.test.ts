/** Outputs of `nvidia-smi` from its documentation and its users: a whole GPU, several, one in parts. */
import { expect, test } from 'vitest';
import { parseGpus, parseMemory, parseProcesses } from '../../src/gpus/nvidia-smi.js';

const H100 = 'GPU-81495ec7-da36-8ea5-9f7d-5804aa3fef20';
const A100 = 'GPU-b614723c-e261-4605-066e-79daab4c00ff';
const PART = 'MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4';
const OTHER_PART = 'MIG-ec4c3916-65fa-5948-b9b5-9f21a2ddfcc0';

const QUERY = `${H100}, NVIDIA H100 80GB HBM3, 580.159.04, 81559, 9.0, Disabled
${A100}, NVIDIA A100-SXM4-80GB, 580.159.04, 81920, 8.0, Disabled
`;

test('parseGpus reads the name, driver and memory of a whole GPU', () => {
  const list = `GPU 0: NVIDIA H100 80GB HBM3 (UUID: ${H100})\nGPU 1: NVIDIA A100-SXM4-80GB (UUID: ${A100})\n`;
  expect(parseGpus(QUERY, list)).toEqual([
    {
      uuid: H100,
      name: 'NVIDIA H100 80GB HBM3',
      driver: '580.159.04',
      memoryBytes: 81_559 * 2 ** 20,
      computeCapability: 9,
    },
    {
      uuid: A100,
      name: 'NVIDIA A100-SXM4-80GB',
      driver: '580.159.04',
      memoryBytes: 81_920 * 2 ** 20,
      computeCapability: 8,
    },
  ]);
});

test('parseGpus lists MIG parts in place of their GPU, with a little less memory than their names say', () => {
  const list = `GPU 0: NVIDIA H100 80GB HBM3 (UUID: ${H100})
GPU 1: NVIDIA A100-SXM4-80GB (UUID: ${A100})
  MIG 2g.20gb     Device  0: (UUID: ${PART})
  MIG 1g.5gb      Device  1: (UUID: ${OTHER_PART})
`;
  const gpus = parseGpus(QUERY, list);
  expect(gpus.map(({ uuid, name }) => [uuid, name])).toEqual([
    [H100, 'NVIDIA H100 80GB HBM3'],
    [PART, 'NVIDIA A100-SXM4-80GB MIG 2g.20gb'],
    [OTHER_PART, 'NVIDIA A100-SXM4-80GB MIG 1g.5gb'],
  ]);
  expect(gpus[2]?.memoryBytes).toBe(4_864 * 2 ** 20);
  expect(gpus[2]?.computeCapability).toBe(8);
});

test('parseGpus reads the UUIDs that old drivers give to MIG parts', () => {
  const list = `GPU 0: A100-PCIE-40GB (UUID: ${A100})\n  MIG 4g.20gb Device 0: (UUID: MIG-${A100}/2/0)\n`;
  const query = `${A100}, A100-PCIE-40GB, 450.80.02, 40537\n`;
  expect(parseGpus(query, list)[0]?.uuid).toBe(`MIG-${A100}/2/0`);
});

test('parseGpus returns no GPU for empty output', () => {
  expect(parseGpus('', '')).toEqual([]);
});

test.each([
  ['NVIDIA-SMI has failed', ''],
  [
    `${H100}, NVIDIA H100, 580.1, 81559`,
    `GPU 0: a (UUID: ${H100})\nMIG odd Device 0: (UUID: MIG-a)`,
  ],
])('parseGpus refuses output that it cannot read: %s', (query, list) => {
  expect(() => parseGpus(query, list)).toThrow(/a line of nvidia-smi cannot be read/);
});

test.each([
  [
    '[N/A]',
    '9.0, Disabled',
    'does not report its memory ([N/A]): nvidia-smi -q says what is wrong',
  ],
  [
    '[Unknown Error]',
    '[N/A], [N/A]',
    'does not report its memory ([Unknown Error]): nvidia-smi -q says what is wrong',
  ],
  [
    '81559',
    '9.0, Enabled',
    'is in MIG mode and has no parts: nvidia-smi mig -cgi makes some, nvidia-smi -mig 0 ends the mode',
  ],
])('parseGpus keeps the place of a GPU that cannot be used: %s, %s', (total, rest, trouble) => {
  const query = `${H100}, NVIDIA H100, 580.1, ${total}, ${rest}\n${A100}, A100, 580.1, 40537, 8.0, Disabled\nWARNING: infoROM is corrupted at gpu 0000:02:00.0\n`;
  const gpus = parseGpus(query, '');
  expect(gpus.map(({ uuid }) => uuid)).toEqual([H100, A100]);
  expect(gpus.map((gpu) => gpu.trouble)).toEqual([trouble, undefined]);
});

test('parseMemory reads memory in use by GPU, and parseProcesses by process', () => {
  const told = `${H100}, 1024, 512\n${A100}, [N/A], [N/A]\n`;
  expect(parseMemory(told)).toEqual(new Map([[H100, { used: 2 ** 30, free: 2 ** 29 }]]));
  expect(parseProcesses(`4711, ${H100}, 512\n4712, ${H100}, [Not Found]\n`)).toEqual([
    { pid: 4711, uuid: H100, bytes: 2 ** 29 },
    { pid: 4712, uuid: H100, bytes: undefined },
  ]);
});
