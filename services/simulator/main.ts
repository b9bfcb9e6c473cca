import { startSimulator } from "./simulator.js";

/** `node services/simulator/dist/main.js [SEED]`: the simulated platform alone, until Ctrl+C. */
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const seed = Number(process.argv[2] ?? "1");
const simulator = await startSimulator({ seed, asOf: new Date() });
say(`A simulated platform (seed ${seed}). Every number is made up; for trying, teaching and testing.`);
for (const [cluster, url] of Object.entries(simulator.urls.kubecost)) say(`OpenCost of ${cluster}: ${url}`);
say(`Cost Explorer and S3:  ${simulator.urls.aws}`);
say(`MLflow:                ${simulator.urls.mlflow}`);
process.once("SIGINT", () => void simulator.stop());
