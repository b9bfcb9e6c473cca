import { mkdirSync } from "node:fs";
import { Session, drainPending } from "chdb";
import { EngineError, engineError } from "./engine-error.js";
import { LIMITS } from "./limits.js";
import { identifier, literal, setStatement } from "./literal.js";

export interface Statement {
  /** One statement; the caller has made sure of that. */
  readonly sql: string;
  /** Output format for statements that do not name one. */
  readonly format: string;
  readonly database: string;
  /** Set for this statement alone, in this order. */
  readonly settings: readonly (readonly [string, string])[];
  /** Values of `{name:Type}`, as the HTTP interface carries them. */
  readonly params: readonly (readonly [string, string])[];
  /** Longest run in milliseconds; longer ones are killed. */
  readonly timeoutMs: number;
  /** Kills the statement. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedMs: number;
}

/** A kill can come before the engine lists the statement, so it is repeated until the statement has ended. */
const KILL_AGAIN_MS = 100;
/** The engine keeps the time itself; only when it does not is the statement killed from here. */
const TIMEOUT_LEAD_MS = 2_000;
/** Nothing is compiled to machine code: it took a tenth of the processor's time of small statements, which most are. */
const OWN_SETTINGS = ["compile_expressions", "compile_aggregate_expressions", "compile_sort_description"].map(
  (name) => [name, "0"] as const,
);

/**
 * The engine over one data folder. Each statement gets a session of its own, opened and closed around it (0.15 ms): settings,
 * parameters, temporary tables and half-written results of a failed statement end with the session and reach no other.
 */
export class Engine {
  readonly version: string;
  readonly #folder: string;
  readonly #control: Session;
  readonly #running = new Set<Promise<unknown>>();
  #statements = 0;
  #closing = false;

  private constructor(folder: string, control: Session) {
    this.#folder = folder;
    this.#control = control;
    this.version = control.query("SELECT version()", "TabSeparatedRaw").trim();
  }

  /** @throws Error when the folder is in use or broken; the engine's reason goes to standard error */
  static open(folder: string, database: string): Engine {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const control = new Session(folder);
    control.query(`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
    // `default` is an overlay in which every file of the machine is a table. An empty one takes its place at each start;
    // it cannot just be dropped, because new sessions begin in it.
    control.query("DROP DATABASE default");
    control.query("CREATE DATABASE default ENGINE = Memory");
    return new Engine(folder, control);
  }

  /** @throws EngineError with ClickHouse's code */
  execute(statement: Statement): Promise<Answer> {
    if (this.#closing) return Promise.reject(new EngineError(236, "ABORTED", "The server is shutting down"));
    const run = this.#execute(statement);
    const settled = run.then(ignore, ignore).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return run;
  }

  async #execute(statement: Statement): Promise<Answer> {
    statement.signal.throwIfAborted();
    const tag = `statement-${(this.#statements += 1)}`;
    const session = this.#session();
    let watch: Watch | undefined;
    try {
      await session.queryAsync(`USE ${identifier(statement.database)}`);
      const params = statement.params.map(([name, value]) => [`param_${name}`, value] as const);
      // Settings last: one of them may be `readonly`, after which nothing can be set.
      const set = setStatement([...OWN_SETTINGS, ["log_comment", tag], ...params, ...statement.settings]);
      await session.queryAsync(set ?? "");
      statement.signal.throwIfAborted();
      watch = this.#watch(tag, statement);
      const result = await session.queryAsync(statement.sql, { format: statement.format });
      const bytes = result.bytes();
      if (bytes.byteLength > LIMITS.answerBytesMax) {
        throw new EngineError(
          396,
          "TOO_MANY_ROWS_OR_BYTES",
          `Answer of ${bytes.byteLength} bytes is too large`,
        );
      }
      const { rowsRead, bytesRead, elapsed } = result;
      return { bytes, rowsRead, bytesRead, elapsedMs: elapsed * 1_000 };
    } catch (error) {
      throw statement.signal.aborted ? error : engineError(error);
    } finally {
      watch?.end();
      session.close();
    }
  }

  /** Statements in hand end by themselves within the time, or are killed. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    const all = Promise.allSettled(this.#running);
    const timer = setTimeout(() => void this.#kill("1"), drainMs);
    await all;
    clearTimeout(timer);
    await drainPending();
    this.#control.close();
  }

  #session(): Session {
    try {
      return new Session(this.#folder);
    } catch (error) {
      throw new EngineError(1002, "UNKNOWN_EXCEPTION", "The engine opens no session", { cause: error });
    }
  }

  #watch(tag: string, { signal, timeoutMs }: Statement): Watch {
    let again: NodeJS.Timeout | undefined;
    const kill = (): void => {
      const filter = `Settings['log_comment'] = ${literal(tag)}`;
      void this.#kill(filter);
      again ??= setInterval(() => void this.#kill(filter), KILL_AGAIN_MS);
    };
    const timer = setTimeout(kill, timeoutMs + TIMEOUT_LEAD_MS);
    signal.addEventListener("abort", kill, { once: true });
    return {
      end: () => {
        clearTimeout(timer);
        clearInterval(again);
        signal.removeEventListener("abort", kill);
      },
    };
  }

  async #kill(filter: string): Promise<void> {
    await this.#control.queryAsync(`KILL QUERY WHERE ${filter} ASYNC`, { format: "Null" }).catch(ignore);
  }
}

interface Watch {
  end(): void;
}

function ignore(): void {
  // The caller of the statement gets its error; here only its end matters.
}
