import { HEALTH_PORT, type PlatformConfig } from "@apportion/platform/config";
import type { Health } from "@apportion/runtime/health";
import { PortTakenError, startHealthServer, type HealthServer } from "@apportion/runtime/health-server";
import type { Logger } from "@apportion/runtime/logger";

export type HealthPort = number | "off";

/** @throws Error when it is neither a port nor `off` */
export function parseHealthPort(text: string): HealthPort {
  if (text === "off") return text;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new Error(`"${text}" is not a port from 0 to 65535, and not "off"`);
  return Number(text);
}

/**
 * Answers for the process until it is closed; undefined where nobody is to be answered. A port that somebody asked for must be had. That of
 * the default may be another's: a second process on the machine must still start.
 *
 * @throws PortTakenError when the port was asked for
 */
export async function answerHealth(
  config: PlatformConfig["health"],
  port: HealthPort | undefined,
  health: Health,
  logger: Logger,
): Promise<HealthServer | undefined> {
  const asked = port ?? config.port;
  if (asked === "off") return undefined;
  try {
    const server = await startHealthServer({ host: config.host, port: asked ?? HEALTH_PORT }, health);
    logger.info({ url: server.url }, `health is answered at ${server.url}/readyz and /livez`);
    return server;
  } catch (error) {
    if (!(error instanceof PortTakenError) || asked !== undefined) throw error;
    logger.warn({ port: HEALTH_PORT }, `${error.message}. This process answers no probes.`);
    return undefined;
  }
}
