import type { EventLog } from "@apportion/event-log/log";
import type { ClickHouseAccess } from "../access.js";
import type { About } from "./about.js";

/** What a process does for commands on its folder: it has the log and the engine, which only one process can open. */
export interface Beside {
  /** The folder that commands name, absolute. */
  readonly dataDir: string;
  /** Answers below `BESIDE_PATH`. */
  answer(request: Request): Promise<Response>;
  /** From now on commands find it at this address. */
  announce(url: string): void;
  withdraw(): void;
}

/** The process that works on a folder, as others stand on what it holds. */
export interface RunningProcess {
  readonly pid: number;
  /** As it calls itself in claims: what works beside it is a part of it. */
  readonly id: string;
  readonly config: About["config"];
  /** Undefined where it holds none: the configuration names Kafka. */
  readonly log: EventLog | undefined;
  /** Of its embedded engine, likewise. */
  readonly engine: { readonly services: ClickHouseAccess; readonly analyst: ClickHouseAccess } | undefined;
  /** Whether it has ended, or is another one by now. */
  hasEnded(): boolean;
}
