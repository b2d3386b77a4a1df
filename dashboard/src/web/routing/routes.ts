/**
 * The addresses of the pages. They stand after the `#`: so the server has only one page, and links to pages can be
 * shared. Pure.
 */
import { RUN_STATES, type RunState } from '../../api/index.js';

export type Route =
  | ({ readonly page: 'runs' } & RunFilter)
  | { readonly page: 'run'; readonly id: string }
  | { readonly page: 'events'; readonly id: string; readonly before: string | null }
  | { readonly page: 'log'; readonly id: string; readonly before: string | null }
  | { readonly page: 'workers' }
  | { readonly page: 'compare'; readonly runs: readonly string[] }
  | { readonly page: 'unknown' };

export interface RunFilter {
  readonly states: readonly RunState[];
  readonly team: string;
  readonly text: string;
  /** The `page` value of the list's page; null: the first page. */
  readonly from: string | null;
}

export const ALL_RUNS: RunFilter = { states: [], team: '', text: '', from: null };

/** @param hash - `location.hash`: `#/runs/digits?…`, or empty. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const asked = new URLSearchParams(query);
  const [room = '', id = '', page = ''] = path.split('/').slice(1).map(decoded);
  if (room === '' || (room === 'runs' && id === '')) return { page: 'runs', ...readFilter(asked) };
  if (room === 'runs' && page === '') return { page: 'run', id };
  if (room === 'runs' && (page === 'events' || page === 'log')) {
    return { page, id, before: asked.get('before') };
  }
  if (room === 'workers') return { page: 'workers' };
  if (room === 'compare') return { page: 'compare', runs: asked.getAll('run') };
  return { page: 'unknown' };
}

function readFilter(asked: URLSearchParams): RunFilter {
  const states = asked.getAll('state');
  return {
    states: RUN_STATES.filter((state) => states.includes(state)),
    team: asked.get('team') ?? '',
    text: asked.get('text') ?? '',
    from: asked.get('from'),
  };
}

export function runsAddress({ states, team, text, from }: RunFilter): string {
  return `#/runs${queryText([
    ...states.map((state) => ['state', state] as const),
    ['team', team],
    ['text', text],
    ['from', from ?? ''],
  ])}`;
}

export function runAddress(id: string): string {
  return `#/runs/${encodeURIComponent(id)}`;
}

export function eventsAddress(id: string, before: string | null): string {
  return `${runAddress(id)}/events${queryText([['before', before ?? '']])}`;
}

export function logAddress(id: string, before: string | null): string {
  return `${runAddress(id)}/log${queryText([['before', before ?? '']])}`;
}

export function compareAddress(runs: readonly string[]): string {
  return `#/compare${queryText(runs.map((run) => ['run', run] as const))}`;
}

/** @returns the query with its `?`; pairs with an empty text are left out. */
export function queryText(pairs: readonly (readonly [name: string, text: string])[]): string {
  const query = new URLSearchParams();
  for (const [name, text] of pairs) if (text !== '') query.append(name, text);
  return query.size === 0 ? '' : `?${query}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
