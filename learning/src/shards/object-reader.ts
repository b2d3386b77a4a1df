/** The part of `Objects` of platform/objects that is used here; tests have stand-ins. */
export interface ObjectReader {
  /**
   * @param range - bytes [start, end) of the version with this ETag.
   * @throws {LyceumError} as `Objects` says.
   */
  read(
    url: string,
    range: {
      readonly start: number;
      readonly end: number;
      readonly etag?: string | undefined;
    },
    signal?: AbortSignal,
  ): Promise<Buffer>;
}
