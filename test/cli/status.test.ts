import { expect, test } from "bun:test";
import { startBox } from "../support/box.ts";
import { freePort } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { run } from "./binary.ts";

test("ready says whether the server takes work, and waits for it where asked", async () => {
  const port = await freePort();
  const box = await startBox("", { env: { RELAYPACS_LISTEN: `127.0.0.1:${port}` } });
  const ask = (...more: string[]) =>
    run(["ready", "--config", box.configFile, ...more], { env: { RELAYPACS_LISTEN: `127.0.0.1:${port}` } });
  try {
    expect(await ask()).toMatchObject({ code: 0, stdout: "ready\n" });
    await box.terminate();
    const { code, stderr } = await ask();
    expect(code).toBe(1);
    expect(stderr).toContain(`nothing answers at http://127.0.0.1:${port}/ready`);

    const waiting = ask("--wait", "30");
    await box.start();
    expect(await waiting).toMatchObject({ code: 0 });
    expect((await ask("--wait", "soon")).code).toBe(2);
  } finally {
    await box.stop();
  }
});

test("status counts what is on its way, and tells what is stuck and why", async () => {
  const box = await startBox("", {});
  const ask = (...more: string[]) => run(["status", "--config", box.configFile, ...more]);
  try {
    expect(await ask("--idle")).toMatchObject({ code: 0, stdout: "No uploads yet.\n" });
    const client = await box.client();
    await client.send([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.4711", sop: "2.25.4711.1" }) }]);
    const { code, stdout } = await ask("--idle");
    expect(code).toBe(1);
    expect(stdout).toContain("needs_attention  1");
    expect(stdout).toContain("no_destination");
    expect(JSON.parse((await ask("--json")).stdout)).toEqual({
      data_dir: box.dataDir,
      unfinished: 1,
      uploads: [{ state: "needs_attention", count: 1 }],
      parked: [{ destination_id: expect.any(String), code: "no_destination", count: 1 }],
    });
  } finally {
    await box.stop();
  }
});
