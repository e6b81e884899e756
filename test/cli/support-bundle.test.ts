import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutSecrets } from "../../src/commands/support-bundle.ts";
import { startBox } from "../support/box.ts";
import { freePort } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { run } from "./binary.ts";

test("a support bundle tells how the box is, and nothing of patients, users and secrets", async () => {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-support-"));
  const file = join(folder, "support.json");
  const port = await freePort();
  const box = await startBox(
    `[metrics]\ntoken = "qzxsecret1"\n[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "http://qzxuser:qzxsecret2@127.0.0.1:${port}/"\nauth = { type = "basic", username = "relay", password = "qzxsecret3" }\nheaders = { "x-api" = "qzxsecret4" }`,
  );
  try {
    const client = await box.client();
    const bytes = madeBytes({ study: "2.25.60606", sop: "2.25.60606.1" });
    const sent = await client.upload([{ name: "Qzxfile.dcm", bytes }], {
      study_metadata: { patient_name: "QZXNAME", clinical_notes: "qzxnotes" },
    });
    await client.complete(sent);
    await client.reach(sent.upload_id, new Set(["forwarding"]));
    const { code, stdout } = await run(["support-bundle", file, "--config", box.configFile]);
    expect(code).toBe(0);
    expect(stdout).toContain("read it before you send it");

    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/qzx|2\.25\.60606|radiographer/i);
    expect(JSON.parse(text)).toMatchObject({
      program: { version: expect.any(String) },
      configuration: { destination: [{ id: "main", auth: { type: "basic", password: "…" } }] },
      doctor: expect.arrayContaining([expect.objectContaining({ name: "database", ok: true })]),
      uploads: [{ state: "forwarding", count: 1 }],
      queue: [expect.objectContaining({ destinationId: "main" })],
    });
    expect((await run(["support-bundle", file, "--config", box.configFile])).code).toBe(2);
  } finally {
    await box.stop();
    rmSync(folder, { recursive: true });
  }
});

test("where a secret comes from is told, never what it is", () => {
  expect(withoutSecrets({ auth: { password: { env: "PACS_PASSWORD" }, token: { file: "/etc/t" }, key: "x" } })).toEqual(
    {
      auth: { password: { env: "PACS_PASSWORD" }, token: { file: "/etc/t" }, key: "…" },
    },
  );
});
