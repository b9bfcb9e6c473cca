import type { CloseConfig } from "@apportion/books/ledger/gates";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { Platform } from "@apportion/platform/platform";
import type { Acts } from "../decisions/acts.js";

/** What answers are made of. */
export interface ExplorerDeps extends Pick<
  Platform,
  | "log"
  | "registry"
  | "currency"
  | "clock"
  | "logger"
  | "recommendedAMonth"
  | "namesShownTo"
  | "billBasis"
  | "reportSettings"
  | "beside"
> {
  readonly clickhouse: ClickHouse;
  /** What a close promises; undefined where the process does not know. */
  readonly closeRules: CloseConfig | undefined;
  /** Who does what people decide; absent where nobody decides, as for assistants on standard input. Loaded when somebody first does. */
  readonly acts?: () => Promise<Acts>;
}
