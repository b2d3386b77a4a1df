/** What a program needs to call servers that documents name. */
import type { AddressGuard } from './address-guard.js';
import type { SecretPlaces } from './secrets.js';

export interface Outside {
  readonly secrets: SecretPlaces;
  readonly addresses: AddressGuard;
}
