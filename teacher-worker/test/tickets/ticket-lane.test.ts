/**
 * One lane with a queue of one ticket, and a stand-in session and set. No clock: the test waits for the lane's end.
 */
import { Ticket } from '@lyceum/proto';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import type { DatasetFile } from '../../src/compute/index.js';
import { FairTurns } from '../../src/tickets/fair-turns.js';
import { type LaneOptions, TicketLane } from '../../src/tickets/ticket-lane.js';

const waiting = { timeout: 120_000, interval: 5 };
const identity = 'ab'.repeat(32);
const ticket = Ticket.fromPartial({ teacherIdentity: Buffer.from(identity, 'hex') });
const dataset: DatasetFile = { digest: 'set', file: 'set.zip' };

test('TicketLane calls passedOver for a ticket whose set arrives after the lane was stopped', async () => {
  let come: (found: DatasetFile) => void = () => undefined;
  const fetchDataset = vi.fn(
    () =>
      new Promise<DatasetFile>((resolve) => {
        come = resolve;
      }),
  );
  const passedOver = vi.fn();
  const settled = { working() {}, ack: vi.fn(), release() {}, reject() {} };
  const tickets = [{ ticket, sequence: 1, ...settled }];
  const pull = async (signal: AbortSignal) => {
    const next = tickets.shift();
    if (next === undefined && !signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    return next;
  };
  const lane = new TicketLane({
    identity,
    link: { closed: new AbortController().signal, send: async () => {} },
    openSource: async () => ({ pull }),
    ticketsInHand: 2,
    turns: new FairTurns(1),
    answers: { close() {} },
    fetchDataset,
    passedOver,
    metrics: { ticketTaken() {}, ticketSettled() {} },
    nowMs: () => 0,
    random: () => 0,
    log: pino({ level: 'silent' }),
  } as unknown as LaneOptions);
  await vi.waitFor(() => expect(fetchDataset).toHaveBeenCalled(), waiting);
  lane.stop('the session has ended');
  await lane.settled;
  expect(settled.ack).toHaveBeenCalledTimes(1);
  expect(passedOver).not.toHaveBeenCalled();
  come(dataset);
  await vi.waitFor(() => expect(passedOver).toHaveBeenCalledWith(ticket, dataset), waiting);
});
