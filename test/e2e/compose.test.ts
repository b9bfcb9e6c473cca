import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { startTestEngine } from "@apportion/clickhouse/testing/engine";
import { DATASOURCE } from "@apportion/grafana/query";
import { freePort } from "@apportion/kafka-broker/free-port";
import { loadConfig } from "apportion/config";
import { SERVICE_ENTRIES, secretSectionsOf, serviceEntries } from "apportion/system";
import { runCli, startCli } from "./cli.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CONFIG = `${ROOT}compose/apportion.yaml`;

interface ComposeService {
  readonly build?: string;
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}
const { services } = parse(readFileSync(`${ROOT}docker-compose.yml`, "utf8"), { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
};
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);
const CLICKHOUSE = { CLICKHOUSE_PASSWORD: "secret" };

const composeIsHere = spawnSync("docker-compose", ["--version"]).status === 0;

describe("docker-compose.yml", () => {
  it.skipIf(!composeIsHere)("is understood by docker-compose, which asks for the password", () => {
    const config = (env: NodeJS.ProcessEnv) =>
      spawnSync("docker-compose", ["config"], { cwd: ROOT, env, encoding: "utf8" });
    const { CLICKHOUSE_PASSWORD: _, ...env } = process.env;
    expect(config({ ...env, ...CLICKHOUSE })).toMatchObject({ status: 0 });
    expect(config(env).stderr).toContain("set CLICKHOUSE_PASSWORD in .env");
  });

  it("runs every service there is", () => {
    expect(ours.map(([name]) => name).toSorted()).toEqual(SERVICE_ENTRIES.map(({ name }) => name).toSorted());
    for (const [name, { command }] of ours) expect(command).toEqual(["up", "--service", name]);
  });

  it("probes each service where the example answers", async () => {
    const { health } = loadConfig(CONFIG, CLICKHOUSE);
    for (const [, { healthcheck }] of ours)
      expect(healthcheck?.test.join(" ")).toContain(`http://${health.host}:${health.port}/readyz`);
    const port = String(await freePort());
    const [, program, ...args] =
      ours[0]?.[1].healthcheck?.test.map((each) => each.replace("8686", port)) ?? [];
    const probe = () => spawnSync(program ?? "", args).status;
    expect(probe()).toBe(1);
    const idle = startCli(["up", "--service", "collector-bill", "--config", CONFIG, "--health-port", port]);
    await idle.said("has nothing to do");
    expect(probe()).toBe(0);
    idle.process.kill("SIGTERM");
    expect((await idle.result).code).toBe(0);
  });

  it("keeps Kafka's log in its volume", () => {
    const { volumes, environment } = services["kafka"] ?? {};
    expect(volumes).toEqual([`kafka-data:${environment?.["KAFKA_LOG_DIRS"]}`]);
  });

  it("mounts an example that is right, and gives each service the secrets that it needs of it", async () => {
    for (const [name, { environment = {}, volumes = [] }] of ours) {
      expect(volumes).toEqual(["${APPORTION_CONFIG:-./compose/apportion.yaml}:/app/apportion.yaml:ro"]);
      const env = Object.fromEntries(Object.keys(environment).map((variable) => [variable, "secret"]));
      expect(loadConfig(CONFIG, env, secretSectionsOf(serviceEntries(name))).teams).toHaveLength(2);
    }
    expect(await runCli(["config", "check", "--config", CONFIG], CLICKHOUSE)).toMatchObject({ code: 0 });
    const unset = await runCli(["config", "check", "--config", CONFIG], { CLICKHOUSE_PASSWORD: "" });
    expect(unset.code).toBe(2);
    expect(unset.stderr).toContain("environment variable CLICKHOUSE_PASSWORD is missing or empty");
  });

  it("has a service without a section wait, so that nothing starts it again and again", async () => {
    // The container's port may be taken here.
    const idle = startCli(["up", "--service", "collector-bill", "--config", CONFIG, "--health-port", "off"]);
    await idle.said("has no section bill: collector-bill has nothing to do");
    idle.process.kill("SIGTERM");
    expect((await idle.result).code).toBe(0);
    const unknown = await runCli(["up", "--service", "collector-beer", "--config", CONFIG]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no service "collector-beer"');
  });

  it("has every image pinned, and every port on this machine alone", () => {
    const all = Object.values(services);
    for (const image of all.flatMap((service) => service.image ?? []))
      expect(image).toMatch(/:v?\d+(\.\d+)+$/);
    for (const port of all.flatMap(({ ports = [] }) => ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe("docker-compose.yml --profile dashboards", () => {
  const { grafana, analyst } = services;
  const passwords = { ANALYST_PASSWORD: "an-analyst's", GRAFANA_ADMIN_PASSWORD: "an-admin's" };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "apportion-compose-"));
    // Stands for ClickHouse's own: says with which arguments it was called.
    writeFileSync(join(folder, "clickhouse-client"), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the container would start, with the variables that it would have. */
  function started(service: ComposeService | undefined, env: NodeJS.ProcessEnv) {
    const [program = "", ...args] = (service?.entrypoint ?? []).map((each) => each.replaceAll("$$", "$"));
    const own = Object.entries(service?.environment ?? {}).map(([name, value]) => [
      name,
      value.replace(/^\$\{(\w+):-\}$/, (_, variable: string) => env[variable] ?? ""),
    ]);
    return spawnSync(program, args, {
      env: { PATH: `${folder}:${process.env["PATH"]}`, ...(Object.fromEntries(own) as NodeJS.ProcessEnv) },
      encoding: "utf8",
    });
  }

  it("starts neither Grafana nor its user without a password", () => {
    for (const service of [grafana, analyst]) expect(service?.profiles).toEqual(["dashboards"]);
    expect(started(grafana, {}).stderr).toContain("set GRAFANA_ADMIN_PASSWORD in .env");
    const { ANALYST_PASSWORD: _, ...withoutAnalyst } = passwords;
    expect(started(grafana, withoutAnalyst).stderr).toContain("set ANALYST_PASSWORD in .env");
    expect(started(analyst, withoutAnalyst).status).not.toBe(0);
    expect(started(analyst, withoutAnalyst).stderr).toContain("set ANALYST_PASSWORD in .env");
    // With both it goes on to Grafana itself, which is not here.
    expect(started(grafana, passwords).stderr).toContain("/run.sh");
    expect(grafana?.environment?.["GF_AUTH_ANONYMOUS_ENABLED"]).toBe("false");
  });

  it("makes a user that only reads what is for analysts, and says no password", async () => {
    const { status, stdout } = started(analyst, passwords);
    expect(status).toBe(0);
    expect(stdout).not.toContain(passwords.ANALYST_PASSWORD);
    expect(stdout).toContain(createHash("sha256").update(passwords.ANALYST_PASSWORD).digest("hex"));
    const statements = (/CREATE USER[^]*/.exec(stdout)?.[0] ?? "").split(";").map((each) => each.trim());
    expect(statements.filter((each) => each.startsWith("GRANT"))).toEqual([
      "GRANT apportion_analyst TO analyst",
    ]);
    const engine = await startTestEngine();
    try {
      for (const statement of statements.filter((each) => each !== ""))
        expect(await engine.rows(`EXPLAIN AST ${statement}`)).not.toEqual([]);
    } finally {
      await engine.stop();
    }
  });

  it("provisions the data source of the dashboards, with the password of that user", () => {
    const read = (file: string): unknown =>
      parse(readFileSync(`${ROOT}deploy/grafana/provisioning/${file}`, "utf8"));
    const { clickhouse } = loadConfig(CONFIG, CLICKHOUSE);
    expect(read("datasources/apportion.yaml")).toMatchObject({
      datasources: [
        {
          ...DATASOURCE,
          editable: false,
          jsonData: {
            host: new URL(clickhouse.kind === "server" ? clickhouse.url : "").hostname,
            username: "analyst",
            defaultDatabase: "apportion",
          },
          secureJsonData: { password: "$__env{ANALYST_PASSWORD}" },
        },
      ],
    });
    const { providers } = read("dashboards/apportion.yaml") as { providers: { options: { path: string } }[] };
    expect(grafana?.volumes).toContain(`./deploy/grafana/dashboards:${providers[0]?.options.path}:ro`);
  });
});
