/** Bounds of the embedded server. Each is far above what the services need and far below what would hurt the machine. */
export const LIMITS = {
  /** SQL text without insert data, in bytes. */
  queryBytesMax: 1024 * 1024,
  /** SQL text of the read-only user, which is parsed twice before it runs. */
  readOnlyQueryBytesMax: 256 * 1024,
  /** A multipart form: a query and the parameters that are too long for a URL, in bytes. */
  formBytesMax: 16 * 1024 * 1024,
  /** One request body after decompression, in bytes. */
  bodyBytesMax: 256 * 1024 * 1024,
  /** All insert bodies that wait or run, together; they lie in memory when the spool is a memory file system. */
  spoolBytesMax: 1024 * 1024 * 1024,
  /** One answer, in bytes; it is held in memory until it is sent. */
  answerBytesMax: 1024 * 1024 * 1024,
  /** Request line and headers together, in bytes. Parameters travel in the request line. */
  headerBytesMax: 1024 * 1024,
  /** Parameters and settings in one address, and parts of one form. */
  namesMax: 1_000,
  connectionsMax: 256,
  /** Statements at once for the services; the engine spreads each over all cores itself. */
  servicesSlots: 4,
  readOnlySlots: 2,
  /** Statements that wait for a slot, for each user. */
  queueMax: 512,
  queueWaitMs: 60_000,
  /** Longest statement of the services, in milliseconds. */
  servicesQueryMs: 15 * 60_000,
  readOnlyQueryMs: 60_000,
  /** Of one statement. All that run at once come to 1 GiB, as docs/operators.md promises. */
  readOnlyMemoryBytes: 512 * 1024 * 1024,
  readOnlyResultRows: 1_000_000,
  readOnlyResultBytes: 256 * 1024 * 1024,
  /** How long a stop waits for statements in hand, in milliseconds. */
  drainMs: 10_000,
} as const;
