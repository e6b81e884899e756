import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";
import { startPrometheus } from "../support/prometheus.ts";

const packaging = join(import.meta.dir, "../../packaging");
const rules = join(packaging, "prometheus/relaypacs.rules.yml");
const folder = mkdtempSync(join(tmpdir(), "relaypacs-monitoring-"));
const patient = "QZXMETRIC";

let box: Box;
beforeAll(async () => {
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
  const client = await box.client();
  const bytes = madeBytes({ study: "2.25.808", sop: "2.25.808.1" });
  await client.send([{ name: `${patient}.dcm`, bytes }], {
    study_metadata: { patient_name: patient, service_level: "stat" },
  });
  await fetch(`${box.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "nobody", password: patient }),
  });
  const measured = await client.upload([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.808", sop: "2.25.808.2" }) }]);
  await client.request("POST", `/upload/${measured.upload_id}/complete`, {
    token: measured.upload_token,
    body: { line: { bytes_per_second: 60_000, stalls: 4, breaks: 0 } },
  });
  await client.reach(measured.upload_id, new Set(["delivered"]));
  const opened = await client.init({ total_files: 1, total_size_bytes: 1 });
  await client.chunk(opened, "a", 0, new Uint8Array(1), { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" });
});
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true });
});

const scrape = async () => (await fetch(`${box.url}/metrics`)).text();

test("counts what came and what became of it, and names neither patients nor users", async () => {
  const text = await scrape();
  for (const line of [
    /^relaypacs_info\{version="[\d.]+"\} 1$/m,
    /^relaypacs_received_bytes_total [1-9]/m,
    /^relaypacs_chunk_requests_total\{result="ok"\} 2$/m,
    /^relaypacs_chunk_requests_total\{result="digest_mismatch"\} 1$/m,
    /^relaypacs_delivery_attempts_total\{destination="folder",result="delivered"\} 2$/m,
    /^relaypacs_instances_total\{destination="folder",result="delivered"\} 2$/m,
    /^relaypacs_client_bytes_per_second_bucket\{le="125000"\} 1$/m,
    /^relaypacs_client_bytes_per_second_count 1$/m, // of the two uploads one told it
    /^relaypacs_client_stalls_sum 4$/m,
    /^relaypacs_client_breaks_count 1$/m,
    /^relaypacs_time_to_archive_seconds_count\{service_level="stat"\} 1$/m,
    /^relaypacs_delivery_seconds_count\{destination="folder",service_level="stat"\} 1$/m,
    /^relaypacs_uploads\{state="delivered"\} 2$/m,
    /^relaypacs_uploads\{state="receiving"\} 1$/m,
    /^relaypacs_destination_up\{destination="folder"\} 1$/m,
    /^relaypacs_sign_in_failures_total 1$/m,
    /^relaypacs_disk_free_bytes [1-9]/m,
    /^relaypacs_queue_oldest_seconds\{destination="folder"\} 0$/m,
  ])
    expect(text).toMatch(line);
  for (const word of [patient, "radiographer", "2.25.808"]) expect(text).not.toContain(word);
});

test("promtool finds nothing to complain of", async () => {
  const checked = Bun.spawnSync(["promtool", "check", "metrics"], { stdin: Buffer.from(await scrape()) });
  // The runtime's own metrics have names of their own; ours are held against the rules.
  const ours = `${checked.stdout}${checked.stderr}`.split("\n").filter((line) => line.includes("relaypacs_"));
  expect(ours).toEqual([]);
});

test("without a token only this machine reads them; with one whoever has it", async () => {
  const proxied = await fetch(`${box.url}/metrics`, { headers: { "x-forwarded-for": "10.1.2.3" } });
  expect(proxied.status).toBe(401);
  const guarded = await startBox('[metrics]\ntoken = "scrape me"');
  const ask = async (token?: string) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${guarded.url}/metrics`, { headers })).status;
  };
  try {
    expect([await ask(), await ask("scrape"), await ask("scrape%20me")]).toEqual([401, 401, 401]);
  } finally {
    await guarded.stop();
  }
});

const series = (name: string, more = "") => `${name}{instance="a"${more}}`;
const quiet: Readonly<Record<string, string>> = {
  [series("up", ', job="relaypacs"')]: "1x200",
  [series("relaypacs_parked_deliveries", ', destination="main", code="x"')]: "0x200",
  [series("relaypacs_destination_up", ', destination="main"')]: "1x200",
  [series("relaypacs_queue_oldest_seconds", ', destination="main"')]: "30x200",
  [series("relaypacs_time_to_archive_seconds_bucket", ', service_level="stat", le="900"')]: "0+1x200",
  [series("relaypacs_time_to_archive_seconds_bucket", ', service_level="stat", le="1800"')]: "0+1x200",
  [series("relaypacs_time_to_archive_seconds_bucket", ', service_level="stat", le="+Inf"')]: "0+1x200",
  [series("relaypacs_disk_free_bytes")]: "5e10x200",
  [series("relaypacs_certificate_expiry_timestamp_seconds")]: "9999999x200",
  [series("relaypacs_last_backup_timestamp_seconds")]: "0x200",
  [series("relaypacs_sign_in_failures_total")]: "0+1x200",
  [series("relaypacs_faults_total", ', event="http.failed"')]: "3x200",
};
/** What has to change for each alert to fire. */
const loud: Readonly<Record<string, [string, string]>> = {
  RelayPACSDown: ["up", "0x200"],
  RelayPACSDeliveriesParked: ["relaypacs_parked_deliveries", "3x200"],
  RelayPACSDestinationDown: ["relaypacs_destination_up", "0x200"],
  RelayPACSQueueOld: ["relaypacs_queue_oldest_seconds", "3600+60x200"],
  RelayPACSStatSlow: ['relaypacs_time_to_archive_seconds_bucket{instance="a", service_level="stat", le="900"', "0x200"],
  RelayPACSDiskLow: ["relaypacs_disk_free_bytes", "1e9x200"],
  RelayPACSCertificateEnds: ["relaypacs_certificate_expiry_timestamp_seconds", "900000x200"],
  RelayPACSBackupOld: ["relaypacs_last_backup_timestamp_seconds", "-200000x200"],
  RelayPACSSignInFailures: ["relaypacs_sign_in_failures_total", "0+10x200"],
  RelayPACSFaults: ["relaypacs_faults_total", "0+1x200"],
};

function firing(change?: readonly [string, string]): string {
  const input = Object.entries(quiet).map(([name, values]) => ({
    series: name,
    values: change && name.startsWith(change[0]) ? change[1] : values,
  }));
  const alerts = [...readFileSync(rules, "utf8").matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const tests = alerts.map((alertname) => ({
    expr: `count(ALERTS{alertname="${alertname}", alertstate="firing"})`,
    eval_time: "3h",
    exp_samples: [],
  }));
  const file = join(folder, "rules.test.yml");
  writeFileSync(
    file,
    JSON.stringify({
      rule_files: [rules],
      evaluation_interval: "1m",
      tests: [{ interval: "1m", input_series: input, promql_expr_test: tests }],
    }),
  );
  const { stdout, stderr } = Bun.spawnSync(["promtool", "test", "rules", file]);
  const said = `${stdout}${stderr}`;
  return (
    [...new Set([...said.matchAll(/alertname=\\?"(\w+)\\?"/g)].map(([, name]) => name))].join() ||
    (said.includes("SUCCESS") ? "" : said)
  );
}

test("no alert fires while all is well", () => expect(firing()).toBe(""));
test.each(Object.entries(loud))("%s fires", (alert, change) => expect(firing(change)).toBe(alert));
test("every alert has such a test", () => {
  const alerts = [...readFileSync(rules, "utf8").matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? "");
  expect(Object.keys(loud).sort()).toEqual(alerts.sort());
});

test("a real Prometheus reads the box, and every query of the dashboard has an answer", async () => {
  const prometheus = await startPrometheus(new URL(box.url).host, rules);
  try {
    await until("the box to be read", prometheus.scrapes);
    const { panels } = JSON.parse(readFileSync(join(packaging, "grafana/relaypacs.json"), "utf8")) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const { title, targets } of panels)
      for (const { expr } of targets)
        await until(`an answer for "${title}"`, async () => (await prometheus.series(expr)) > 0);
  } finally {
    await prometheus.stop();
  }
});
