import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAllocationClient, type AllocationClient } from "./client.js";
import { kubecostConfig } from "./config.js";

const PERIOD = { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" };

let server: Server;
let paths: string[];
/** Status by path; what is not here answers 404. */
let statuses: Record<string, number[]>;
beforeEach(async () => {
  paths = [];
  server = createServer(({ url = "" }, response) => {
    const path = url.slice(0, url.indexOf("?"));
    paths.push(path);
    const left = statuses[path] ?? [404];
    const status = (left.length > 1 ? left.shift() : left[0]) ?? 404;
    response.writeHead(status).end('{"code":200,"data":[{}]}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(() => void server.close());

function client(): AllocationClient {
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const config = kubecostConfig.parse({ clusters: [{ id: "c", url, retryPauseMs: 1, attemptsMax: 2 }] });
  const [cluster] = config.clusters;
  if (!cluster) throw new Error("There is a cluster in the configuration");
  return createAllocationClient(cluster, config);
}
const read = (from: AllocationClient): Promise<number> =>
  from.allocations(
    PERIOD,
    async (allocations) => {
      let count = 0;
      for await (const _ of allocations) count += 1;
      return count;
    },
    AbortSignal.timeout(10_000),
  );

describe("finding out what answers", () => {
  it("is asked again when the first answer is a proxy's, and does not take that for Kubecost", async () => {
    statuses = { "/model/allocation": [503, 404], "/allocation": [200] };
    const one = client();
    expect(await read(one)).toBe(0);
    expect(await read(one)).toBe(0);
    expect(paths).toEqual(["/model/allocation", "/model/allocation", "/allocation", "/allocation"]);
  });

  it("fails as the upstream does, and finds out when that is over", async () => {
    statuses = { "/model/allocation": [503, 503, 403, 404], "/allocation": [200] };
    const one = client();
    await expect(read(one)).rejects.toMatchObject({ code: "unavailable" });
    await expect(read(one)).rejects.toMatchObject({ code: "rejected" });
    expect(await read(one)).toBe(0);
  });

  it("forgets what it took an upstream for that did not answer as such", async () => {
    statuses = { "/model/allocation": [404, 400, 200] };
    const one = client();
    await expect(read(one)).rejects.toMatchObject({ code: "rejected" });
    expect(await read(one)).toBe(0);
    expect(paths).toEqual(["/model/allocation", "/allocation", "/model/allocation", "/model/allocation"]);
  });
});
