import type { Secret } from "@apportion/runtime/secret";

export interface ClickHouseAccess {
  readonly url: string;
  readonly username: string;
  readonly password: Secret;
  readonly database: string;
  /** Of the services' access alone: their tables are replicated on it. */
  readonly cluster?: string;
}
