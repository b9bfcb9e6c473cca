export interface RunningBroker {
  /** `host:port` of the bootstrap broker. */
  readonly address: string;
  stop(): Promise<void>;
}
