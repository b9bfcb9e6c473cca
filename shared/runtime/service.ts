/** Something that runs until it is stopped. `start` resolves when it is at work; `stop` finishes what is in hand. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The present instant. An argument everywhere, so that tests and the demo decide what time it is. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

/**
 * Starts services in order and gives back one that stops them in reverse: what publishes is stopped before what consumes.
 * When one fails to start, those before it are stopped again and the failure is thrown.
 */
export async function startAll(services: readonly Service[]): Promise<{ stop(): Promise<void> }> {
  const started: Service[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const service of started.splice(0).toReversed()) {
      await service.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, "Some services did not stop cleanly");
  };
  for (const service of services) {
    try {
      await service.start();
      started.push(service);
    } catch (error) {
      await stop().catch(() => undefined); // the failure to start is what the operator must see
      throw new Error(`${service.name} did not start: ${(error as Error).message}`, { cause: error });
    }
  }
  return { stop };
}
