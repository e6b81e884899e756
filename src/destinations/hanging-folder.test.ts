import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstanceOutcome, OutgoingInstance } from "./destination.ts";
import { folder } from "./folder.ts";
import { unlessHanging } from "./hanging-folder.ts";

/** A FIFO that nobody reads, where the image is to be written: opening it does not come back, like a call on a mount that hangs. */
let root: string;
let fifo: string;
let instance: OutgoingInstance;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "relaypacs-hanging-"));
  const series = join(root, "received/1.2.6/1.2.5");
  await mkdir(series, { recursive: true });
  fifo = join(series, ".1.2.3.part");
  expect(Bun.spawnSync(["mkfifo", fifo]).exitCode).toBe(0);
  const path = join(root, "in");
  await writeFile(path, "some bytes");
  instance = {
    sopInstanceUID: "1.2.3",
    sopClassUID: "1.2.4",
    seriesInstanceUID: "1.2.5",
    studyInstanceUID: "1.2.6",
    transferSyntaxUID: "1.2.840.10008.1.2.1",
    path,
    fileSize: 10,
    dataSetOffset: 0,
    head: null,
    sha256: new Bun.CryptoHasher("sha256").update("some bytes").digest("hex"),
    sentBefore: false,
  };
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (folderIdleMs: number) =>
  folder({ id: "f", kind: "folder", path: "received" }, { dataDir: root, readSecret: () => "", folderIdleMs });
const never = new AbortController().signal;
const target = () => join(root, "received/1.2.6/1.2.5/1.2.3.dcm");
/** Lets the write that hangs come back. */
const release = () => Bun.spawn(["cat", fifo], { stdout: "ignore" }).exited;

test("a folder that hangs is given up, asked nothing more until it is back, and what came back late counts as nothing", async () => {
  const outcomes: InstanceOutcome[] = [];
  const report = (outcome: InstanceOutcome) => void outcomes.push(outcome);
  const to = open(50);
  const hangs = { code: "destination_timeout", retryable: true };
  await expect(to.store([instance], report, never)).rejects.toMatchObject(hangs);
  const again = open(60_000); // as after a reload: no bound would be reached
  await expect(again.store([instance], report, never)).rejects.toMatchObject(hangs);
  await expect(again.find([instance], never)).rejects.toMatchObject(hangs);
  expect(await again.check(never)).toMatchObject([{ ok: false, detail: expect.stringContaining("hang") }]);

  await release();
  while (!(await again.check(never)).every(({ ok }) => ok)) await new Promise((resolve) => setImmediate(resolve));
  expect(outcomes).toEqual([]);
  expect(existsSync(target())).toBe(false);
  expect(existsSync(fifo)).toBe(false);
  await again.store([instance], report, never);
  expect(outcomes).toMatchObject([{ result: "stored", answer: "written" }]);
  expect(await readFile(target(), "utf8")).toBe("some bytes");
});

test("work that is ended does not wait for a folder that hangs, nor for its turn; what ends by itself closes nothing", async () => {
  const at = { root: join(root, "other"), idleMs: 60_000 };
  const next = () => unlessHanging({ ...at, outer: never }, async () => "answers");
  const heeding = new AbortController();
  const heeds = unlessHanging(
    { ...at, outer: heeding.signal },
    (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("heeded")))),
  );
  const [ending, other] = [new AbortController(), new AbortController()];
  const { promise: call, resolve: comeBack } = Promise.withResolvers<void>();
  const stuck = unlessHanging({ ...at, outer: ending.signal }, () => call);
  const waits = unlessHanging({ ...at, outer: other.signal }, async () => "never begun");
  const waitsToo = next();
  await new Promise((done) => setImmediate(done));
  heeding.abort(new Error("the box stops"));
  await expect(heeds).rejects.toThrow("heeded");
  other.abort(new Error("cancelled"));
  await expect(waits).rejects.toThrow("cancelled");
  const both = Promise.allSettled([stuck, waitsToo]);
  ending.abort(new Error("the upload ends"));
  expect(await both).toMatchObject([
    { reason: { message: "the upload ends" } },
    { reason: { code: "destination_timeout" } },
  ]);
  await expect(next()).rejects.toMatchObject({ code: "destination_timeout" });
  comeBack();
  await call;
  await new Promise((done) => setImmediate(done));
  expect(await next()).toBe("answers");
});
