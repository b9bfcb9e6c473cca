import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { Reading } from "@apportion/domain/facts";
import { parseDay } from "@apportion/domain/period";
import type { FailedReading } from "@apportion/readings/source";
import { kubecostConfig } from "./config.js";
import { kubecostSource } from "./service.js";

const recorded = (name: string): string =>
  readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8");

/** The recorded day with the idle capacity of its GPU node, of which the recording has none. */
function dayWithIdle(idleCpu: number): string {
  const { data } = JSON.parse(recorded("alloc_1d_noagg")) as { data: [Record<string, object>] };
  const trainer = Object.entries(data[0]).find(([name]) => name.endsWith("/train"))?.[1];
  const idle = {
    ...trainer,
    name: "cluster-one/node-gpu-1/__idle__",
    properties: { cluster: "cluster-one", node: "node-gpu-1" },
    cpuCost: idleCpu,
    gpuCost: 0,
    ramCost: 0.8135,
  };
  return JSON.stringify({ code: 200, data: [{ ...data[0], [idle.name]: idle }] });
}

let server: Server;
afterEach(() => server.close());

async function readDay(
  answers: Readonly<Record<string, string>>,
  { now = "2026-11-23T06:00:00Z", checkGpuNodes = true } = {},
): Promise<{ reading: Reading | FailedReading | undefined; asked: string[] }> {
  const asked: string[] = [];
  server = createServer(({ url = "" }, response) => {
    const path = url.replace(/\?.*$/, "");
    asked.push(path);
    const body = answers[path];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const clusters = [{ id: "cluster-one", url: `http://127.0.0.1:${port}`, dialect: "opencost" }];
  const source = kubecostSource(kubecostConfig.parse({ clusters, checkGpuNodes }), () => new Date(now));
  const signal = AbortSignal.timeout(10_000);
  for await (const reading of source.read("cluster-one", [parseDay("2026-11-22")], signal))
    return { reading, asked };
  return { reading: undefined, asked };
}

const assets = recorded("assets_1d");

describe("a day of a cluster with GPUs", () => {
  it("is read when its nodes come to what their assets cost", async () => {
    const { reading, asked } = await readDay({ "/allocation": dayWithIdle(1.51733), "/assets": assets });
    expect(reading).toMatchObject({ finality: "provisional" });
    expect(asked).toContain("/assets");
  });

  it("is refused with both sides of the node when they do not, unless the check is off", async () => {
    const answers = { "/allocation": dayWithIdle(9.5), "/assets": assets };
    const { reading } = await readDay(answers);
    expect(reading).toMatchObject({
      error: {
        code: "absurd",
        message:
          "cost/kubecost/cluster-one/2026-11-22T00:00:00Z: nodes with GPUs do not add up, so a GPU is charged twice or not at all (node-gpu-1: pods 10.41163 + idle 10.3135, the node 12.742464)",
      },
    });
    server.close();
    expect((await readDay(answers, { checkGpuNodes: false })).reading).toHaveProperty("rows");
  });

  it("is read unchecked where there is no Assets API, idle is not by node, or the day still runs", async () => {
    const day = dayWithIdle(9.5);
    expect((await readDay({ "/allocation": day })).reading).toHaveProperty("rows");
    server.close();
    const whole = await readDay({ "/allocation": recorded("alloc_1d_noagg"), "/assets": assets });
    expect(whole.reading).toHaveProperty("rows");
    server.close();
    const answers = { "/allocation": day, "/assets": assets };
    const { reading, asked } = await readDay(answers, { now: "2026-11-22T18:00:00Z" });
    expect(reading).toHaveProperty("rows");
    expect(asked).not.toContain("/assets");
  });
});
