import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { testCertificate } from "../support/test-certificates.ts";

setDefaultTimeout(30_000);
let folder: string;
let box: Box;
const live = { cert: "", key: "" };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-tls-"));
  Object.assign(live, { cert: join(folder, "live.crt"), key: join(folder, "live.key") });
  for (const name of ["first", "second"]) testCertificate(folder, name);
  install("first", "first");
  box = await startBox("", { tls: `mode = "files"\ncert = "${live.cert}"\nkey = "${live.key}"` });
});
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true });
});

function install(cert: string, key: string): void {
  copyFileSync(join(folder, `${cert}.crt`), live.cert);
  copyFileSync(join(folder, `${key}.key`), live.key);
}

/** Common name of the certificate that is served. */
const served = () =>
  new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(box.url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });

test("the files' certificate is served; after SIGHUP the new one on the same port, and a wrong pair changes nothing", async () => {
  expect(box.url).toStartWith("https://127.0.0.1:");
  expect(await served()).toBe("first");
  const health = await fetch(`${box.url}/health`, { tls: { ca: await Bun.file(live.cert).text() } });
  expect(health.status).toBe(200);

  install("second", "first");
  process.kill(box.pid, "SIGHUP");
  await until("the wrong pair to be refused", () => box.events("app.reload_failed").length === 1);
  expect(await served()).toBe("first");

  install("second", "second");
  process.kill(box.pid, "SIGHUP");
  await until("the reload", () => box.events("app.reloaded").length === 1);
  expect(await served()).toBe("second");
});
