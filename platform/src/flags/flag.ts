import { Option } from 'commander';

/** A flag that a variable of the environment may give too. */
export function flag(name: string, description: string, variable: string): Option {
  return new Option(name, description).env(variable);
}
