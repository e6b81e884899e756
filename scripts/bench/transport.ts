import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testPassword } from "../../test/support/box.ts";
import { noisyImage } from "../../test/support/carried.ts";
import { type FarPhone, startFarPhone } from "../../test/support/far-phone.ts";
import { canMakeLines } from "../../test/support/line.ts";
import { sharedData } from "../../test/support/shared-data.ts";
import { megabytes } from "./measure.ts";
import { bun, ran } from "./programs.ts";
import type { Bench, Result } from "./result.ts";
import { withFolder } from "./work-folder.ts";

/** What one chunk request may carry at most, and with it one PUT. */
const largestPut = 8_388_608;
const oneMegabit = { bitsPerSecond: 1_000_000 };
const twentyMegabit = { bitsPerSecond: 20_000_000 };

/** How fast the app in Chromium fills a line, over TLS. */
export const transport: Bench = {
  name: "transport",
  run: async (scale) => {
    if (!canMakeLines) throw new Error("no network namespaces here: it takes root, iproute2, iptables and ethtool");
    return withFolder(async (folder) => [...(await slowLine(folder, scale)), await longLine(folder, scale)]);
  },
};

/** 1 Mbit/s: the same bytes by one PUT of curl, by the app, and as much of uncompressed CT by the app. */
async function slowLine(folder: string, scale: number): Promise<Result[]> {
  const noise = join(folder, "noise.dcm");
  writeFileSync(noise, noisyImage(Math.max(1_000_000, Math.round(8_000_000 * scale))));
  const size = total([noise]);
  const slices = sharedData === null ? [] : await ctSlices(folder, sharedData, Math.ceil(size / 525_000));
  const far = await startFarPhone({ up: oneMegabit, down: oneMegabit });
  try {
    const curl = size / (await putWithCurl(far, noise, size));
    const app = size / (await sendWithApp(far, [noise], 1));
    const of = (rate: number) => `${kilobytes(rate)}; one curl PUT ${kilobytes(curl)}`;
    const results: Result[] = [
      { name: "1 Mbit/s, incompressible", figure: app / curl, unit: "x", bound: { least: 0.95 }, of: of(app) },
    ];
    if (slices.length > 0) {
      const ct = total(slices) / (await sendWithApp(far, slices, 2));
      const name = "1 Mbit/s, uncompressed CT in original bytes";
      results.push({ name, figure: ct / curl, unit: "x", bound: { least: 1.6 }, of: of(ct) });
    }
    return results;
  } finally {
    await far.stop();
  }
}

/** 20 Mbit/s and 300 ms there and back: many files, each a request or less. */
async function longLine(folder: string, scale: number): Promise<Result> {
  const count = Math.max(40, Math.round(400 * scale));
  const many = join(folder, "many");
  mkdirSync(many);
  const paths = Array.from({ length: count }, (_, index) => join(many, `${index}.dcm`));
  for (const [index, path] of paths.entries())
    writeFileSync(path, noisyImage(530_000, "2.25.8302", `2.25.8302.${index + 1}`));
  const far = await startFarPhone({ up: twentyMegabit, down: twentyMegabit }, 300);
  try {
    const rate = total(paths) / (await sendWithApp(far, paths, 1));
    return {
      name: `20 Mbit/s, 300 ms, ${count} files of 530 kB, share of the line`,
      figure: (rate * 8) / twentyMegabit.bitsPerSecond,
      unit: "x",
      bound: { least: 0.7 },
      of: `${kilobytes(rate)} of 2500 kB/s`,
    };
  } finally {
    await far.stop();
  }
}

/** @returns seconds from the opened upload to its last byte on the box's disk */
async function sendWithApp(far: FarPhone, paths: readonly string[], count: number): Promise<number> {
  await far.send(paths);
  await far.delivered(count, 900_000);
  const at = (event: string) => Number(new Date(String(far.box.events(event).at(-1)?.time)));
  return (at("upload.completed") - at("upload.opened")) / 1000;
}

/** @returns seconds that curl took for the PUT, its connection and TLS included */
async function putWithCurl(far: FarPhone, path: string, size: number): Promise<number> {
  const curl = (...args: string[]) =>
    ran([...far.line.phone, "curl", "--silent", "--insecure", "--fail-with-body", "--show-error", ...args]);
  const json = async (route: string, body: unknown, ...args: string[]): Promise<Record<string, string>> =>
    JSON.parse(
      await curl(`${far.url}${route}`, "-H", "content-type: application/json", "-d", JSON.stringify(body), ...args),
    ) as Record<string, string>;
  const session = await json("/auth/login", { username: "radiographer", password: testPassword });
  const body = { total_files: 1, total_size_bytes: size, chunk_size: largestPut };
  const opened = await json("/upload/init", body, "-H", `authorization: Bearer ${session.access_token}`);
  const token = ["-H", `authorization: Bearer ${opened.upload_token}`];
  const chunk = `${far.url}/upload/${opened.upload_id}/chunk?file_id=a&chunk_index=0&name=a.dcm`;
  const type = ["-H", "content-type: application/octet-stream"];
  const said = await curl(chunk, "-X", "PUT", "-T", path, ...type, ...token, "-w", "\\n%{time_total}");
  await curl(`${far.url}/upload/${opened.upload_id}`, "-X", "DELETE", ...token);
  return Number(said.split("\n").at(-1));
}

async function ctSlices(folder: string, data: string, count: number): Promise<string[]> {
  const out = join(folder, "ct");
  await ran([bun, join(data, "make-study.mjs"), "--out", out, "--slices", String(count), "--quiet"]);
  const names = readdirSync(out, { recursive: true, encoding: "utf8" }).map((name) => join(out, name));
  return names.filter((name) => statSync(name).isFile());
}

const total = (paths: readonly string[]) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
const kilobytes = (rate: number) => `${(megabytes(rate) * 1000).toFixed(0)} kB/s`;
