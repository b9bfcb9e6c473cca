import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@apportion/runtime/logger";
import { privateFolder } from "@apportion/runtime/private-files";
import type { Secret } from "@apportion/runtime/secret";
import { announceAccess, withdrawAccess } from "./analyst-access.js";
import { mendLinks } from "./copied-links.js";
import { type Credentials, loadCredentials } from "./credentials.js";
import { type DamagedPart, putAside } from "./damaged-parts.js";
import { lockFolder } from "@apportion/runtime/folder-lock";
import { LIMITS } from "./limits.js";
import type { ServerSettings } from "./protocol.js";
import { type ServerProcess, startServerProcess } from "./server-process.js";

export interface EmbeddedOptions {
  /** Folder of all data of this deployment; ClickHouse works in `clickhouse` below it. */
  readonly dataDir: string;
  /** Loopback port. Default: a free one, kept as long as this process lives. */
  readonly port?: number;
  /** Default `apportion`. */
  readonly database?: string;
  readonly users?: { readonly services: string; readonly readonly: string };
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  /** Told when an engine that died finds tables damaged when it is started again: it does not answer any more. */
  readonly onDamaged?: (parts: readonly DamagedPart[]) => void;
}

export interface EmbeddedClickHouse {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly password: Secret;
  /** For analysts: reads only, within limits. */
  readonly readonly: { readonly username: string; readonly password: Secret };
  /** Process id of the engine at this moment; undefined while it is being restarted. */
  readonly pid: number | undefined;
  /**
   * What the engine took out of tables because its files were broken. The engine answers nevertheless; whoever writes, sends or
   * charges must not go on with it.
   */
  readonly damaged: readonly DamagedPart[];
  /**
   * Moves what is damaged out of the engine's sight, once the tables have been mended: the next start finds them whole.
   * @returns the folder in which it lies now, undefined when nothing is damaged
   */
  setAsideDamaged(): Promise<string | undefined>;
  /** Lets statements in hand end, then ends the process. Once. */
  stop(): Promise<void>;
}

/** After an unexpected end: 0.1 s, doubled up to 5 s, and from the beginning again after a quiet time. */
const FIRST_PAUSE_MS = 100;
const PAUSE_MAX_MS = 5_000;
const QUIET_MS = 30_000;
const STOP_GRACE_MS = LIMITS.drainMs + 5_000;

/**
 * Starts the engine in a process of its own and keeps it running. When it dies it is started again on the same port, so clients
 * need only repeat what is safe to repeat.
 *
 * @throws FolderInUseError when another process works on the folder; Error with the engine's words when it does not start
 */
export async function startEmbeddedClickHouse(options: EmbeddedOptions): Promise<EmbeddedClickHouse> {
  const { dataDir, database = "apportion", users = { services: "apportion", readonly: "analyst" } } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 }); // one that is there may be somebody else's too
  const folder = path.join(realpathSync(dataDir), "clickhouse");
  privateFolder(folder);
  const lock = lockFolder(dataDir, path.join(folder, "lock"));
  try {
    mendLinks(path.join(folder, "store"), database, options.logger);
    const credentials = loadCredentials(path.join(folder, "passwords.json"));
    const settings = serverSettings(folder, database, users, credentials);
    const supervisor = await Supervisor.start(folder, { ...settings, port: options.port ?? 0 }, options);
    const url = `http://127.0.0.1:${supervisor.port}`;
    const readonly = { username: users.readonly, password: credentials.readonly };
    announceAccess(dataDir, { url, database, ...readonly });
    return {
      url,
      database,
      username: users.services,
      password: credentials.services,
      readonly,
      get pid() {
        return supervisor.pid;
      },
      get damaged() {
        return supervisor.damaged;
      },
      async setAsideDamaged() {
        const aside = putAside(supervisor.damaged, path.join(folder, "damaged"));
        supervisor.mended();
        return aside;
      },
      async stop() {
        withdrawAccess(dataDir);
        await supervisor.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function serverSettings(
  folder: string,
  database: string,
  users: { readonly services: string; readonly readonly: string },
  credentials: Credentials,
): Omit<ServerSettings, "port"> {
  return {
    database,
    services: { username: users.services, password: credentials.services.reveal() },
    readonly: { username: users.readonly, password: credentials.readonly.reveal() },
    spoolFolder: spoolFolder(folder),
    servesDamaged: true,
  };
}

/** In memory where the system has such a folder, named after the data folder; else below the child's working directory. */
function spoolFolder(folder: string): string {
  const name = `apportion-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;
  return statSync("/dev/shm", { throwIfNoEntry: false })?.isDirectory() ? `/dev/shm/${name}` : "spool";
}

class Supervisor {
  readonly #folder: string;
  readonly #settings: ServerSettings;
  readonly #logger: EmbeddedOptions["logger"];
  readonly #onDamaged: NonNullable<EmbeddedOptions["onDamaged"]>;
  readonly #stopping = new AbortController();
  #process: ServerProcess | undefined;
  #watching: Promise<void> = Promise.resolve();

  #damaged: readonly DamagedPart[];

  private constructor(
    folder: string,
    settings: ServerSettings,
    damaged: readonly DamagedPart[],
    { logger, onDamaged = () => undefined }: Pick<EmbeddedOptions, "logger" | "onDamaged">,
  ) {
    this.#folder = folder;
    this.#settings = settings;
    this.#damaged = damaged;
    this.#logger = logger;
    this.#onDamaged = onDamaged;
  }

  static async start(
    folder: string,
    settings: ServerSettings,
    options: EmbeddedOptions,
  ): Promise<Supervisor> {
    const first = await startServerProcess(folder, settings);
    const { port, damaged } = first;
    const supervisor = new Supervisor(
      folder,
      { ...settings, port, servesDamaged: damaged.length > 0 },
      damaged,
      options,
    );
    options.logger.info(
      { port: first.port, pid: first.pid, version: first.version },
      "The embedded ClickHouse is ready",
    );
    supervisor.#process = first;
    supervisor.#watching = supervisor.#keepRunning(first);
    return supervisor;
  }

  get port(): number {
    return this.#settings.port;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get damaged(): readonly DamagedPart[] {
    return this.#damaged;
  }

  mended(): void {
    this.#damaged = [];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop(STOP_GRACE_MS);
    await this.#watching;
  }

  async #keepRunning(first: ServerProcess): Promise<void> {
    let current = first;
    let startedAt = Date.now();
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const { reason, stderr } = await current.ended;
      this.#process = undefined;
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - startedAt > QUIET_MS) pauseMs = FIRST_PAUSE_MS;
      this.#logger.error({ reason, stderr, pauseMs }, "The embedded ClickHouse died and is started again");
      const next = await this.#restart(pauseMs);
      if (!next) return;
      current = next;
      startedAt = Date.now();
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
    }
  }

  /** Tries until it runs again; undefined when it was told to stop, or found tables damaged. */
  async #restart(firstPauseMs: number): Promise<ServerProcess | undefined> {
    const { signal } = this.#stopping;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      try {
        const next = await startServerProcess(this.#folder, this.#settings);
        if (signal.aborted) {
          await next.stop(STOP_GRACE_MS);
          return undefined;
        }
        if (next.damaged.length > 0 && !this.#settings.servesDamaged) {
          await next.stop(STOP_GRACE_MS);
          this.#damaged = next.damaged;
          this.#logger.error({ damaged: next.damaged }, "The embedded ClickHouse found damaged tables");
          this.#onDamaged(next.damaged);
          return undefined;
        }
        this.#process = next;
        this.#logger.warn({ pid: next.pid, port: next.port }, "The embedded ClickHouse runs again");
        return next;
      } catch (error) {
        this.#logger.error({ err: error }, "The embedded ClickHouse does not start; it is tried again");
      }
    }
  }
}
