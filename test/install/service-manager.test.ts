import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { openNotifySocket } from "../support/notify-socket.ts";

test("tells the service manager when it serves, that it lives, and that it stops", async () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-notify-"));
  const manager = openNotifySocket(join(folder, "notify"));
  const box = await startBox("", { env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "50000" } });
  try {
    const pings = () => manager.messages().filter((it) => it === "WATCHDOG=1").length;
    await until("three signs of life", () => pings() >= 3);
    expect(manager.messages()[0]).toBe("READY=1");

    await box.terminate();
    expect(manager.messages().at(-1)).toBe("STOPPING=1");
  } finally {
    await box.stop();
    manager.close();
    rmSync(folder, { recursive: true });
  }
});
