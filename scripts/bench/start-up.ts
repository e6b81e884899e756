import { statSync } from "node:fs";
import { relaypacs } from "../../test/cli/binary.ts";
import { startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import { median, megabytes } from "./measure.ts";
import { ran } from "./programs.ts";
import type { Bench } from "./result.ts";

const times = 20;
const idleSeconds = 5;

/** `--version`, the first answer of a server that has started before, its memory at rest, the executable's size. */
export const startUp: Bench = {
  name: "start-up",
  run: async () => {
    const version: number[] = [];
    for (let time = 0; time < times; time++) {
      const started = performance.now();
      await ran([...relaypacs, "--version"]);
      version.push(performance.now() - started);
    }
    const box = await startBox();
    try {
      const health: number[] = [];
      for (let time = 0; time < times; time++) {
        await box.terminate();
        const started = performance.now();
        await box.start();
        await until("/health answers", async () => (await fetch(`${box.url}/health`).catch(() => null))?.ok === true);
        health.push(performance.now() - started);
      }
      await Bun.sleep(idleSeconds * 1000); // no condition to wait for: this measures what rest looks like
      const status = await Bun.file(`/proc/${box.pid}/status`).text();
      const idle = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
      const of = `median of ${times}`;
      return [
        { name: "--version", figure: median(version), unit: "ms", bound: { most: 30 }, of },
        { name: "/health after start", figure: median(health), unit: "ms", bound: { most: 300 }, of },
        {
          name: "idle memory",
          figure: megabytes(idle),
          unit: "MB",
          bound: { most: 90 },
          of: `resident, ${idleSeconds} s after start`,
        },
        {
          name: "executable",
          figure: megabytes(statSync(relaypacs[0] ?? "").size),
          unit: "MB",
          bound: { most: 130 },
          of: "this machine's build",
        },
      ];
    } finally {
      await box.stop();
    }
  },
};
