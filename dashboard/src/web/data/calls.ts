/** Calls to the server. */
import type { Problem } from '../../api/index.js';

/** A failed call, with the problem that the server or the browser reports. */
export class CallError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** @param address - below `/api`. @throws CallError; an AbortError if `signal` was aborted. */
export async function getFacts<T>(address: string, signal: AbortSignal): Promise<T> {
  return await call<T>(address, { signal });
}

/** @throws CallError */
export async function change<T>(address: string): Promise<T> {
  // A form on a page of another origin cannot send this header: the browser would ask this server first.
  return await call<T>(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
}

async function call<T>(address: string, request: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`api/${address}`, request);
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new CallError({ code: 'UNAVAILABLE', message: 'The dashboard cannot be reached.' });
  }
  if (!response.ok) throw new CallError(await problemOf(response));
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const { code, message } = (await response.json()) as Partial<Problem>;
    if (typeof code === 'string' && typeof message === 'string') return { code, message };
  } catch {
    // The body has no problem: a proxy between page and server answered. Its status is all that is known.
  }
  return { code: 'UNKNOWN', message: `The dashboard answered with status ${response.status}.` };
}
