import { Option } from 'commander';

/** An option that an environment variable can set too. */
export function flag(name: string, description: string, variable: string): Option {
  return new Option(name, description).env(variable);
}
