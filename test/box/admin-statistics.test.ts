import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { insertStudyRows, openForRows } from "../../scripts/bench/many-studies.ts";
import type { Statistics } from "../../src/contract/statistics.ts";
import { type Box, startBox } from "../support/box.ts";
import { madeBytes } from "../support/made-instance.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-statistics-"));
let box: Box;
const ask = async (query = "") =>
  (await (await box.client("admin")).request("GET", `/admin/statistics${query}`)).json() as Promise<Statistics>;
beforeAll(async () => {
  const dataDir = join(folder, "data");
  mkdirSync(dataDir);
  const db = openForRows(dataDir);
  insertStudyRows(db, 900); // ten a day over 90 days, one in 500 parked
  db.close();
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`, {
    dataDir,
    top: 'site_name = "North"',
  });
});
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true });
});

test("tells what came, what became of it, and how long it took", async () => {
  const sender = await box.client();
  const bytes = madeBytes({ study: "2.25.909", sop: "2.25.909.1" });
  await sender.send([{ name: "a.dcm", bytes }], { study_metadata: { service_level: "stat" } });
  const all = await ask(`?from=${new Date(Date.now() - 100 * 86_400_000).toISOString()}`);
  expect(all).toMatchObject({
    site: "North",
    uploads: 901,
    studies: 901,
    bytes: 900 * 1000 + bytes.length,
    states: { delivered: 899, failed: 2 }, // the start found no files of the two that were parked
    success_rate: 899 / 901,
    time_to_archive: { stat: { count: 1 }, routine: { count: 898 } },
    archived: { count: 899 },
    throughput: { count: 1 },
  });
  expect(all.modalities[0]).toEqual({ modality: "CT", studies: 901 });
  expect(all.destinations).toEqual([
    {
      destination_id: "d",
      deliveries: 900,
      delivered: 898,
      parked: 0,
      retries: 0,
      success_rate: 1,
      time_to_archive: expect.objectContaining({ count: 898 }),
    },
    {
      destination_id: "folder",
      deliveries: 1,
      delivered: 1,
      parked: 0,
      retries: 0,
      success_rate: 1,
      time_to_archive: expect.objectContaining({ count: 1 }),
    },
  ]);
  expect(all.steps.reduce((sum, { uploads }) => sum + uploads, 0)).toBe(901);
  expect(all.steps.at(-1)?.date).toBe(new Date().toLocaleDateString("sv"));
});

test("what a device measured of its line is told once for each upload, and by the hour", async () => {
  const sender = await box.client();
  const complete = async (n: number, line: object) => {
    const opened = await sender.upload([
      { name: "a.dcm", bytes: madeBytes({ study: `2.25.91${n}`, sop: `2.25.91${n}.1` }) },
    ]);
    const ask = (body: object) =>
      sender.request("POST", `/upload/${opened.upload_id}/complete`, { token: opened.upload_token, body });
    const refused = [
      { line: { ...line, name: "DOE^JANE" } },
      { line: { ...line, stalls: 1001 } },
      { line: { ...line, bytes_per_second: 1e12 } },
      { speed: 1 },
    ];
    for (const body of refused) expect((await ask(body)).status).toBe(422);
    for (let again = 0; again < 3; again++) expect((await ask({ line })).status).toBe(200);
    await sender.reach(opened.upload_id, new Set(["delivered"]));
  };
  await complete(1, { bytes_per_second: 50_000, stalls: 2, breaks: 1 });
  await complete(2, { bytes_per_second: 2_000_000, stalls: 0, breaks: 0 });
  await complete(3, { stalls: 0, breaks: 0 });
  const { network, steps } = await ask(`?by=hour&from=${new Date(Date.now() - 86_400_000).toISOString()}`);
  expect(network).toMatchObject({ uploads: 3, stalls: 2, breaks: 1, troubled: 1, bytes_per_second: { count: 2 } });
  expect((network.bytes_per_second.p05 ?? 0) / 50_000).toBeCloseTo(1, 1);
  expect((network.bytes_per_second.p95 ?? 0) / 2_000_000).toBeCloseTo(1, 1);
  const now = new Date().setMinutes(0, 0, 0);
  expect(steps.length).toBeGreaterThan(20); // 24 or 25; fewer only where the rows begin later
  expect([now, now - 3_600_000]).toContain(Date.parse(steps.at(-1)?.start ?? ""));
  expect(steps.reduce((sum, it) => sum + it.network.uploads, 0)).toBe(3);
  const text = await (await fetch(`${box.url}/metrics`)).text();
  for (const line of [
    /^relaypacs_client_bytes_per_second_bucket\{le="125000"\} 1$/m,
    /^relaypacs_client_bytes_per_second_count 2$/m,
    /^relaypacs_client_stalls_bucket\{le="0"\} 2$/m,
    /^relaypacs_client_stalls_count 3$/m,
    /^relaypacs_client_breaks_sum 1$/m,
  ])
    expect(text).toMatch(line);
});

test("a day that was told before is told again with what came since", async () => {
  const before = await ask();
  const sender = await box.client();
  const opened = await sender.init({ total_files: 1, total_size_bytes: 1 });
  expect((await ask()).uploads).toBe(before.uploads + 1);
  await sender.request("DELETE", `/upload/${opened.upload_id}`);
  expect((await ask()).states.cancelled).toBe(1);
});

test.each(["?from=yesterday", "?to=2026-13-01", "?from=2026-02-01&to=2026-01-01", "?by=week"])(
  "%s is refused",
  async (query) => {
    const answer = await (await box.client("admin")).request("GET", `/admin/statistics${query}`);
    expect(answer.status).toBe(422);
  },
);

test("is an administrator's", async () => {
  const answer = await (await box.client("radiographer")).request("GET", "/admin/statistics");
  expect(answer.status).toBe(403);
});
