import pc from "picocolors";
import { addDays, dayOf, type Day } from "@apportion/domain/period";
import { TOPICS } from "@apportion/events/catalogue";
import type { Finding } from "@apportion/runtime/health";
import { foreignMessage, foreignText } from "@apportion/runtime/foreign-text";
import { createLogger } from "@apportion/runtime/logger";
import { isFailed, type Source } from "@apportion/readings/source";
import { openSystem, type System } from "../system.js";
import { readDemoFolder } from "../demo/folder.js";
import { print, printJson, type CommandContext } from "./context.js";
import { type CommonOptions, findGround } from "./load.js";

/** How long one source may take, in milliseconds. */
const SOURCE_TIMEOUT_MS = 60_000;
const MAIL_SERVER = "mail server";

/** Reaches for every dependency and says what answers and what does not. Reads yesterday from each source; keeps nothing. */
export async function doctor(context: CommandContext, options: CommonOptions): Promise<boolean> {
  const { config, opening } = await findGround(context, options);
  const system = await openSystem(config, {
    ...opening,
    logger: createLogger("silent"),
    toleratesDamage: true,
  });
  try {
    const findings: Finding[] = [
      await attempt(`event log (${config.eventLog.kind})`, () => system.platform.log.ping()),
      ...(await system.platform.log.inspectTopics(Object.values(TOPICS))),
      await attempt(`ClickHouse (${config.clickhouse.kind})`, async () => {
        const answer = await (await system.platform.clickhouse()).ping();
        if (!answer.success) throw answer.error;
      }),
      ...(await system.platform.health.findings()),
      await sealsFinding(system),
      ...(readDemoFolder(options.data) === undefined
        ? await outsideFindings(system, context)
        : simulatedFindings(system)),
    ];
    if (options.json) printJson(context, findings);
    else for (const finding of findings) print(context, findingLine(finding));
    return findings.every(({ ok }) => ok);
  } finally {
    await system.platform.close();
  }
}

export function findingLine({ what, ok, detail }: Finding): string {
  return `${ok ? pc.green("ok  ") : pc.red("FAIL")} ${what}  ${pc.dim(detail)}`;
}

async function outsideFindings(system: System, context: CommandContext): Promise<Finding[]> {
  const { notifier } = system;
  return [
    ...(await sourceFindings(system, context)),
    ...(notifier ? [await attempt(MAIL_SERVER, () => notifier.verifyMailServer())] : []),
    ...(await channelFindings(notifier?.reachChannels ?? new Map())),
  ];
}

/** Nothing is said to them: what they take is known when something is. */
function channelFindings(channels: ReadonlyMap<string, () => Promise<void>>): Promise<Finding[]> {
  return Promise.all(
    Array.from(channels, async ([name, reach]) => {
      const finding = await attempt(`channel ${name}`, reach);
      return finding.ok ? { ...finding, detail: "can be connected to; nothing was posted" } : finding;
    }),
  );
}

/** The demo brings its sources and its mail server with it: that they are gone with it is no fault. */
function simulatedFindings(system: System): Finding[] {
  const sources = scopesOf(system).map(({ source, scope }) => nameOf(source, scope));
  return [...sources, ...(system.notifier ? [MAIL_SERVER] : [])].map((what) => ({
    what,
    ok: true,
    detail: "simulated: it is there while `apportion demo` runs",
  }));
}

/** Whether every reading that was published is stored. */
async function sealsFinding({ platform }: System): Promise<Finding> {
  try {
    return await (await platform.recovery()).seals();
  } catch (error) {
    return { what: "published readings", ok: false, detail: foreignMessage(error) };
  }
}

/** All at once: a source that does not answer is waited for, and others must not wait with it. */
async function sourceFindings(system: System, context: CommandContext): Promise<Finding[]> {
  const yesterday = addDays(dayOf(context.now()), -1);
  return Promise.all(scopesOf(system).map(({ source, scope }) => sourceFinding(source, scope, yesterday)));
}

function scopesOf({ collectors }: System): { readonly source: Source; readonly scope: string }[] {
  return collectors.flatMap(({ sources }) =>
    sources.flatMap((source) => source.scopes.map((scope) => ({ source, scope }))),
  );
}

function nameOf({ dataset, name }: Source, scope: string): string {
  return `${dataset} from ${name} ${scope}`;
}

async function sourceFinding(source: Source, scope: string, day: Day): Promise<Finding> {
  const what = nameOf(source, scope);
  const signal = AbortSignal.timeout(SOURCE_TIMEOUT_MS);
  for await (const result of source.read(scope, [day], signal)) {
    if (isFailed(result)) return { what, ok: false, detail: result.error.message };
    const about = await source.about?.(scope, signal);
    const rows = `${result.rows.length} rows for ${day}, ${result.finality}`;
    return { what, ok: true, detail: about === undefined ? rows : `${foreignText(about)}: ${rows}` };
  }
  return { what, ok: true, detail: `nothing for ${day}` };
}

async function attempt(what: string, check: () => Promise<void>): Promise<Finding> {
  try {
    await check();
    return { what, ok: true, detail: "answers" };
  } catch (error) {
    return { what, ok: false, detail: foreignMessage(error) };
  }
}
