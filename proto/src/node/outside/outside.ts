/** What a program needs to call servers that documents name. */
import type { SecretPlaces } from '../secrets.js';
import type { AddressGuard } from './address-guard.js';

export interface Outside {
  readonly secrets: SecretPlaces;
  readonly addresses: AddressGuard;
}
