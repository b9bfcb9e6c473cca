import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";
import type { Secret } from "@apportion/runtime/secret";

/** As many connections to one host as the AWS SDK opens by itself. */
const POOL = { keepAlive: true, maxSockets: 50 };

/**
 * Connects as all other sources do: by the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which the AWS SDK does not look at, and
 * trusting the authority that is given. Asked for each host: S3's buckets have their own.
 */
export class ProxyAgent extends Agent {
  readonly #http = new HttpAgent(POOL);
  readonly #https = new HttpsAgent(POOL);
  readonly #tunnels = new Map<string, HttpsProxyAgent<string>>();

  constructor(ca: Secret | undefined) {
    // Not the tunnels' own option: the proxy's certificate is another matter than that of who is behind it.
    super({ ...POOL, ...(ca && { ca: ca.reveal() }) });
  }

  override connect(_request: ClientRequest, options: AgentConnectOpts): HttpAgent {
    const protocol = options.secureEndpoint ? "https" : "http";
    const proxy = getProxyForUrl(`${protocol}://${options.host}:${options.port}`);
    if (proxy === "") return options.secureEndpoint ? this.#https : this.#http;
    const tunnel = this.#tunnels.get(proxy) ?? new HttpsProxyAgent(proxy, POOL);
    this.#tunnels.set(proxy, tunnel);
    return tunnel;
  }
}
