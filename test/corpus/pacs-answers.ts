import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationConfig } from "../../src/core/config-schema.ts";
import { DestinationError, type InstanceOutcome, type OutgoingInstance } from "../../src/destinations/destination.ts";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { destination, store } from "../destinations/harness.ts";
import { startFakeScp } from "../support/fake-scp.ts";
import { madeInstance } from "../support/made-instance.ts";
import { type Corpus, checkTold, type Pick, sentinel } from "./corpus.ts";
import { mutated } from "./mutate.ts";

const statuses = [200, 202, 204, 206, 299, 301, 400, 401, 403, 404, 409, 413, 418, 429, 500, 503, 507];
const types = [
  "application/json",
  "application/dicom+json",
  "application/dicom+xml",
  "text/html",
  "",
  "multipart/related",
  "x",
];
const wholes = [
  "",
  "null",
  "[]",
  "{}",
  `"${sentinel}"`,
  `[${"[".repeat(5000)}`,
  `{"00081199":{"Value":[${"{},".repeat(2000)}{}]}}`,
  '{"__proto__":{"Value":[1]},"00081198":{"Value":[{"00081155":7}]}}',
  `<NativeDicomModel>${"<!".repeat(50_000)}`,
  `<NativeDicomModel>${'<DicomAttribute tag="00081199"><Item number="1">'.repeat(2000)}`,
  `${" ".repeat(100_000)}x`,
  "\ufeff\0\0\0",
  `{"ID":"../../${sentinel}","Status":"Success","Path":"/x"}`,
];
const retryAfters = ["0", "-1", "1e9", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", `${sentinel}`];

/** Stands before an honest archive and spoils what it says. */
function spoilingProxy(to: string, pick: () => Pick) {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = request.method === "POST" ? await request.bytes() : undefined;
      const headers = new Headers(request.headers);
      headers.delete("host");
      const honest = await fetch(to + pathname + search, {
        method: request.method,
        headers,
        ...(body ? { body } : {}),
      });
      const said = await honest.bytes();
      const at = pick();
      const status = at.chance(0.3) ? at.of(statuses) : honest.status;
      const spoilt = at.chance(0.2) ? at.of(wholes) : at.chance(0.8) && said.length > 0 ? mutated(said, at) : said;
      const given = new Headers({
        "content-type": at.chance(0.3) ? at.of(types) : (honest.headers.get("content-type") ?? ""),
      });
      if (at.chance(0.1)) given.set("retry-after", at.of(retryAfters));
      if (at.chance(0.1)) given.set("location", at.of(["/", "http://127.0.0.1:1/", "//x", sentinel]));
      const bodiless = status === 204 || request.method === "HEAD";
      return new Response(bodiless ? null : (spoilt as Uint8Array<ArrayBuffer> | string), { status, headers: given });
    },
  });
}

/** The same for DIMSE: what the archive sends is spoilt, or ends anywhere. */
async function spoilingSocket(port: number, pick: () => Pick): Promise<{ server: Server; port: number }> {
  const spoil = (bytes: Buffer, socket: Socket): void => {
    const at = pick();
    if (at.chance(0.6)) return void socket.write(bytes);
    if (at.chance(0.1)) return void socket.destroy();
    socket.write(mutated(bytes, at, (length) => at.below(Math.min(length, 80))));
    if (at.chance(0.5)) socket.end();
  };
  const server = createServer((near) => {
    const far = connect({ port, host: "127.0.0.1" });
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far);
    far.on("data", (bytes: Buffer) => spoil(bytes, near));
    far.on("close", () => near.end());
    near.on("close", () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, port: address.port };
}

/** @throws where a destination told what its interface does not allow */
function checkOutcomes(outcomes: readonly InstanceOutcome[], sent: readonly OutgoingInstance[], error: unknown): void {
  const uids = new Set(sent.map(({ sopInstanceUID }) => sopInstanceUID));
  for (const outcome of outcomes) {
    if (!uids.delete(outcome.sopInstanceUID)) throw new Error("an instance was told twice, or is none of ours");
    if (outcome.answer.length > 200 || outcome.answer.includes(sentinel) || /\p{Cc}/u.test(outcome.answer))
      throw new Error(`an answer is passed on as it came: ${JSON.stringify(outcome.answer.slice(0, 100))}`);
    if (outcome.error) checkTold(outcome.error.code, outcome.error.message);
  }
  if (error === null || (error instanceof DOMException && error.name === "TimeoutError")) return;
  if (!(error instanceof DestinationError)) throw error;
  checkTold(error.code, error.message);
  const wait = error.options.retryAfterSeconds;
  if (wait !== undefined && !(wait >= 0)) throw new Error(`to be tried again after ${wait} seconds`);
}

/** A spoilt length may wait for bytes that never come; to be cut off by the signal is an answer as well. */
const patience = 600;

export const pacsAnswers: Corpus = {
  name: "PACS answers",
  full: 500,
  short: 60,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "relaypacs-corpus-"));
    let at: Pick | null = null;
    const pick = (): Pick => {
      if (at === null) throw new Error("nothing is asked now");
      return at;
    };
    const fake = await startFakePacs();
    const scp = await startFakeScp();
    const proxy = spoilingProxy(fake.url, pick);
    const dimse = await spoilingSocket(scp.port, pick);
    const url = `http://127.0.0.1:${proxy.port}`;
    const cStore = { host: "127.0.0.1", port: dimse.port, called_ae_title: "FAKE", associations: 1 };
    const configs: DestinationConfig[] = [
      { id: "stow", kind: "stow-rs", url: `${url}/dicom-web` },
      { id: "orthanc", kind: "orthanc", url },
      { id: "dimse", kind: "c-store", ...cStore },
    ];
    const instances = [madeInstance(folder), madeInstance(folder)];
    return {
      async one(picked) {
        at = picked;
        const to = destination(picked.of(configs));
        const { outcomes, error } = await store(to, instances, AbortSignal.timeout(patience));
        checkOutcomes(outcomes, instances, error);
        const asked = await to.find(instances, AbortSignal.timeout(patience)).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        checkOutcomes([], [], asked);
        for (const { name, detail } of await to.check(AbortSignal.timeout(patience)).catch(() => []))
          if (`${name}${detail}`.includes(sentinel)) throw new Error("a check passes on what the archive said");
      },
      async close() {
        await proxy.stop(true);
        dimse.server.close();
        await scp.stop();
        await fake.stop();
        rmSync(folder, { recursive: true });
        return "";
      },
    };
  },
};
