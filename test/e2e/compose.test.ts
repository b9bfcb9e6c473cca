import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { freePort } from "@apportion/kafka-broker/free-port";
import { loadConfig } from "apportion/config";
import { SERVICE_ENTRIES, secretSectionsOf, serviceEntries } from "apportion/system";
import { runCli, startCli } from "./cli.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CONFIG = `${ROOT}compose/apportion.yaml`;

interface ComposeService {
  readonly build?: string;
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
    const idle = startCli(["up", "--service", "collector-bill", "--config", CONFIG]);
    await idle.said("has no section bill: collector-bill has nothing to do");
    idle.process.kill("SIGTERM");
    expect((await idle.result).code).toBe(0);
    const unknown = await runCli(["up", "--service", "collector-beer", "--config", CONFIG]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no service "collector-beer"');
  });
});
