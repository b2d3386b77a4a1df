/** Texts in PEM for a connection with TLS; what is absent is the machine's own. */
export interface TlsMaterial {
  /** Whom to believe. */
  readonly ca?: string | undefined;
  /** Who this side is; both or neither. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}
