import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "./child.ts";

/** A real Prometheus that scrapes one box five times a second. */
export interface Prometheus {
  /** How many series a query answers with now. */
  series(query: string): Promise<number>;
  /** Whether it has read the box without a complaint. */
  scrapes(): Promise<boolean>;
  stop(): Promise<void>;
}

export async function startPrometheus(target: string, rules: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-prometheus-"));
  const port = await freePort();
  const config = {
    global: { scrape_interval: "200ms", evaluation_interval: "1s" },
    rule_files: [rules],
    scrape_configs: [{ job_name: "relaypacs", scrape_timeout: "200ms", static_configs: [{ targets: [target] }] }],
  };
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config)); // YAML takes JSON
  const child = Bun.spawn(
    [
      "prometheus",
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdin: "ignore", stdout: "ignore", stderr: "ignore" },
  );
  const ask = async (path: string) =>
    ((await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as { data: Record<string, unknown> }).data;
  await until("Prometheus to serve", () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    series: async (query) => ((await ask(`query?query=${encodeURIComponent(query)}`)).result as unknown[]).length,
    scrapes: async () => {
      const [found] = (await ask("targets")).activeTargets as { health: string; lastError: string }[];
      if (found?.health === "down") throw new Error(found.lastError);
      return found?.health === "up";
    },
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
