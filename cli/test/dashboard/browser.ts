/** A browser for tests of the dashboard's server: it keeps its cookie, sends its origin, and reads streams. */
import { once } from 'node:events';
import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export class Browser {
  readonly origin: string;
  #cookie = '';

  constructor(origin: string) {
    this.origin = origin;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#ask('GET', path, { cookie: this.#cookie, ...headers });
  }

  async json<T>(path: string): Promise<T> {
    const { status, text } = await this.get(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  post(path: string, headers: Record<string, string> = {}, body = '{}'): Promise<Answer> {
    const own = { origin: this.origin, 'content-type': 'application/json', cookie: this.#cookie };
    return this.#ask('POST', path, { ...own, ...headers }, body);
  }

  /** Reads a stream until an event of this name for which `isIt` is true. */
  async hear<T>(path: string, event: string, isIt: (data: T) => boolean): Promise<T> {
    const asked = request(`${this.origin}${path}`, { headers: { cookie: this.#cookie } }).end();
    const [response] = await once(asked, 'response');
    let text = '';
    try {
      for await (const part of response) {
        text += part;
        const messages = text.split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) {
          const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(message) ?? [];
          if (name !== event) continue;
          const value = JSON.parse(data) as T;
          if (isIt(value)) return value;
        }
      }
    } finally {
      asked.destroy();
    }
    throw new Error(`${path} has ended without the ${event} that was waited for`);
  }

  async #ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body = '',
  ): Promise<Answer> {
    // Not `fetch`, which sets Host and tidies paths.
    const { hostname, port } = new URL(this.origin);
    const asked = request({ hostname, port, path, method, headers, agent: false });
    asked.end(body);
    const [response] = await once(asked, 'response');
    const [cookie] = response.headers['set-cookie'] ?? [];
    if (cookie !== undefined) this.#cookie = cookie.split(';')[0];
    let text = '';
    for await (const part of response) text += part;
    return { status: response.statusCode, text };
  }
}
