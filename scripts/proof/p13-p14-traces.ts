import { expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { run as runCommand } from "../../test/cli/binary.ts";
import { seeded } from "../../test/faults/random.ts";
import { type Box, startBox } from "../../test/support/box.ts";
import { until } from "../../test/support/child.ts";
import { type Client, type SendFile, terminal } from "../../test/support/client.ts";
import { startFakeScp } from "../../test/support/fake-scp.ts";
import { type Outcome, seconds, share } from "./promise.ts";
import { found, foundBelow, metadata, notes, type Place, telling, uploads } from "./sentinels.ts";

const seed = 20260414;
const everything: readonly Place[] = ["pixels", "tags", "notes", "display", "fileNames"];
const atOnce: readonly Place[] = ["pixels", "tags", "notes"];
const patience = 60_000;

export interface Traces {
  readonly uploads: number;
  readonly requests: number;
  /** In the log, the metrics, error answers, and any file but the database. */
  readonly told: readonly string[];
  /** Still there when the patience was over. */
  readonly kept: readonly string[];
  readonly shown: readonly string[];
  /** Milliseconds from the last end to the last trace of pixels, tags and notes. */
  readonly tookMs: number;
}

/** Requests that are wrong in every way and full of what they should not repeat; answers what was answered. */
async function wrongRequests(box: Box, client: Client): Promise<string[]> {
  const words = "Qzxname%20QZXID%20Qzxnotes";
  const init = (body: object) => client.request("POST", "/upload/init", { body });
  const size = { total_files: 1, total_size_bytes: 4096, chunk_size: 4096 };
  const opened = await client.init(size, { "idempotency-key": "Qzxname" });
  const chunk = `/upload/${opened.upload_id}/chunk`;
  const raw = (path: string, more: RequestInit = {}) => fetch(box.url + path, more);
  const answers = await Promise.all([
    init({ study_metadata: { patient_name: 7, clinical_notes: ["Qzxnotes"] }, total_files: 1, total_size_bytes: 1 }),
    init({ study_metadata: { ...metadata, patient_sex: "Qzxname" }, total_files: 1, total_size_bytes: 1 }),
    init({ total_files: 1, total_size_bytes: 1, files: [{ file_id: "a", name: "../Qzxfile", size_bytes: 1 }] }),
    init({ total_files: 9, total_size_bytes: 1, files: [{ file_id: "a", name: "Qzxfile", size_bytes: 1 }] }),
    raw("/upload/init", {
      method: "POST",
      headers: { authorization: `Bearer ${client.token}`, "content-type": "application/json" },
      body: '{"patient_name":"Qzxname", "',
    }),
    raw(`/upload/${words}/status?token=Qzxname`, { headers: { authorization: "Bearer Qzxname" } }),
    raw(`/${words}`, { headers: { authorization: `Bearer ${client.token}`, "x-forwarded-for": "Qzxname" } }),
    raw(`${chunk}?file_id=Qzxfile&chunk_index=Qzxname`, {
      method: "PUT",
      headers: { authorization: `Bearer ${opened.upload_token}` },
      body: telling() as Uint8Array<ArrayBuffer>,
    }),
    client.chunk(opened, "a", 0, telling(), { "content-digest": "sha-256=:UXp4bmFtZQ==:" }),
    client.chunk(opened, "a", 0, telling(), { "content-encoding": "Qzxname" }),
    client.request("POST", "/upload/init", {
      body: { total_files: 2, total_size_bytes: 1 },
      headers: { "idempotency-key": "Qzxname" }, // of an upload that is there already
    }),
    raw("/auth/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "x", password: "Qzxnotes" }),
    }),
  ]);
  await client.request("DELETE", `/upload/${opened.upload_id}`);
  expect(answers.filter(({ ok }) => ok)).toEqual([]);
  return Promise.all(answers.map((answer) => answer.text()));
}

const kinds = ["stow", "rest", "dimse", "folder", "refuses"] as const;

/** Sends through every kind of destination, one that refuses and repeats what it was given among them; then searches everything. */
export async function traces(spoilt: number): Promise<Traces> {
  const random = seeded(seed + spoilt);
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-traces-"));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const [pacs, scp] = [await startFakePacs(), await startFakeScp()];
  const repeats = { "00081198": "Qzxname", message: "Qzxnotes of QZXID refused" };
  const rude = await startFakePacs({
    otherwise: { refuses: () => 409, body: JSON.stringify(repeats), headers: { warning: '299 rude "Qzxname"' } },
  });
  const configuration = (
    displayHours: number,
  ) => `[limits]\nmax_open_uploads_per_user = 1000\nrequests_per_minute = 1000000
[retention]\ndisplay_hours = ${displayHours}
[[destination]]\nid = "stow"\nkind = "stow-rs"\nurl = "${pacs.dicomWebUrl}"
[[destination]]\nid = "rest"\nkind = "orthanc"\nurl = "${pacs.url}"
[[destination]]\nid = "dimse"\nkind = "c-store"\nhost = "127.0.0.1"\nport = ${scp.port}\ncalled_ae_title = "SCP"
[[destination]]\nid = "folder"\nkind = "folder"\npath = "${join(folder, "received")}"
[[destination]]\nid = "refuses"\nkind = "stow-rs"\nurl = "${rude.dicomWebUrl}"`;
  const box = await startBox(configuration(24), { env: { TMPDIR: temporary } });
  const searched = [box.dataDir, temporary];
  try {
    const client = await box.client();
    const all: { files: SendFile[]; to: string; reason?: string }[] = uploads(spoilt, random).map((files, index) => ({
      files,
      to: kinds[index % kinds.length] ?? "stow",
    }));
    // Whatever is drawn, each kind takes a whole image once.
    for (const to of kinds)
      all.push({ files: [{ name: "Qzxfile-Jane.dcm", bytes: telling() }], to, reason: "Qzxname wants it again" });
    const [first] = all;
    const ended: string[] = [];
    let sawFirst: string[] = [];
    const waiting = [...all];
    const lane = async () => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        const study_metadata = { ...metadata, clinical_notes: notes, destination_ids: [one.to] };
        // A whole image is sent with a reason that names the patient: it is shown beside the audit, never in it.
        const resend = one.reason === undefined ? {} : { resend: { reason: one.reason } };
        const { upload_id, state } = await client.send(one.files, { study_metadata, ...resend }, patience);
        if (one === first) sawFirst = foundBelow([box.dataDir], ["display"]);
        if (state === "needs_attention") await client.request("POST", `/upload/${upload_id}/accept`);
        if (state === "needs_confirmation") await client.request("DELETE", `/upload/${upload_id}`);
        ended.push(upload_id);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    expect(sawFirst).not.toEqual([]); // that the search finds at all
    const answers = await wrongRequests(box, client);
    for (const id of ended) await client.reach(id, terminal);

    const started = performance.now();
    let kept = foundBelow(searched, atOnce);
    await until(
      "pixels, tags and notes to be gone",
      () => {
        kept = foundBelow(searched, atOnce);
        return kept.length === 0;
      },
      patience,
    ).catch(() => undefined);
    const tookMs = performance.now() - started;
    const isDatabase = (line: string) => line.startsWith("relaypacs.db");
    const metrics = await (await fetch(`${box.url}/metrics`)).text();
    const audit = await runCommand(["audit", "export", "--config", box.configFile]);
    expect(audit.stdout).toContain("upload.resend");
    const told = [
      ...found(audit.stdout, everything).map((word) => `audit: ${word}`),
      ...found([...box.lines, ...box.errors].join("\n"), everything).map((word) => `log: ${word}`),
      ...found(metrics, everything).map((word) => `metrics: ${word}`),
      ...found(answers.join("\n"), everything).map((word) => `answers: ${word}`),
      ...foundBelow(searched, everything).filter((line) => !isDatabase(line)),
    ];

    expect(await box.reload(configuration(1 / 3600))).toBe(true);
    let shown = foundBelow(searched, everything);
    await until(
      "display fields and file names to be gone",
      () => {
        shown = foundBelow(searched, everything);
        return shown.length === 0;
      },
      patience,
    ).catch(() => undefined);
    return { uploads: all.length, requests: answers.length, told, kept, shown, tookMs };
  } finally {
    await box.stop();
    await Promise.all([pacs.stop(), rude.stop(), scp.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(scale: number): Promise<Outcome[]> {
  const { uploads: sent, requests, told, kept, shown, tookMs } = await traces(share(300, scale));
  const list = (lines: readonly string[]) => (lines.length > 0 ? ` (${[...new Set(lines)].join(", ")})` : "");
  return [
    {
      promise: "P13",
      what: "no patient data on disk after the confirmed receipt",
      target: "0 hits after 60 s for pixels, tags, notes; display fields and file names after display_hours",
      measured: `${kept.length} hits${list(kept)} for pixels, tags, notes ${seconds(tookMs)} after the last of ${sent} uploads to ${kinds.join(", ")}; ${shown.length} hits${list(shown)} after display_hours; searched: data folder, database with WAL and free pages, temporary files`,
      passed: kept.length === 0 && shown.length === 0 && tookMs <= patience,
    },
    {
      promise: "P14",
      what: "no patient data in logs, metrics, audit, error answers, files (push does not exist yet)",
      target: "0 hits",
      measured: `${told.length} hits${list(told)} in log, metrics, audit, ${requests} error answers and files, after ${sent} uploads, most of them spoilt (seed ${seed})`,
      passed: told.length === 0,
    },
  ];
}
