import { expect } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as runCommand } from "../../test/cli/binary.ts";
import { madeStudy } from "../../test/faults/made-study.ts";
import { seeded } from "../../test/faults/random.ts";
import { startBox, testPassword } from "../../test/support/box.ts";
import { testCertificate } from "../../test/support/test-certificates.ts";
import { type Outcome, share } from "./promise.ts";
import { startSpoilingRelay } from "./spoiling-relay.ts";

const seed = 20260413;
const chunkSize = 65_536;
/** On a connection that was used before, fetch itself tries again and the spoilt request would be seen to go through. */
const alone = { connection: "close" };

export interface Corruption {
  readonly spoiled: number;
  /** Spoiled requests that were answered as received. */
  readonly accepted: number;
}

/**
 * Sends a study's chunks with their digest, each spoiled on its way first and then sent again as it is; the study must arrive whole.
 * @returns null where TLS is asked for and no certificate can be made
 */
export async function spoiledChunks(count: number, tls: boolean): Promise<Corruption | null> {
  const random = seeded(seed + count);
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-spoilt-"));
  const certificate = tls ? testCertificate(folder) : null;
  if (tls && certificate === null) return null;
  const files = certificate && `mode = "files"\ncert = "${certificate.certFile}"\nkey = "${certificate.keyFile}"`;
  const box = await startBox(
    `[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`,
    files ? { tls: files } : {},
  );
  const relay = await startSpoilingRelay(() => new URL(box.url), tls);
  const trust = certificate ? { tls: { ca: certificate.cert } } : {};
  const base = `${tls ? "https" : "http"}://127.0.0.1:${relay.port}`;
  let accepted = 0;
  try {
    const study = madeStudy(1, (count + 1) * chunkSize);
    const [uid = "", bytes = new Uint8Array()] = [...study.bySop][0] ?? [];
    for (let at = 2000; at < bytes.length; at++) bytes[at] = random() * 256;
    const token = await signIn(base, box.configFile, trust);
    const json = { authorization: `Bearer ${token}`, "content-type": "application/json", ...alone };
    const body = { total_files: 1, total_size_bytes: bytes.length, chunk_size: chunkSize };
    const init = await fetch(`${base}/upload/init`, {
      method: "POST",
      headers: json,
      body: JSON.stringify(body),
      ...trust,
    });
    const opened = (await init.json()) as { upload_id: string; upload_token: string };
    const send = (index: number) => {
      const piece = Uint8Array.from(bytes.subarray(index * chunkSize, (index + 1) * chunkSize));
      const digest = createHash("sha256").update(piece).digest("base64");
      const query = `file_id=a&chunk_index=${index}&name=a.dcm&size_bytes=${bytes.length}`;
      return fetch(`${base}/upload/${opened.upload_id}/chunk?${query}`, {
        method: "PUT",
        headers: {
          authorization: `Bearer ${opened.upload_token}`,
          "content-type": "application/octet-stream",
          "content-digest": `sha-256=:${digest}:`,
          ...alone,
        },
        body: piece,
        ...trust,
      }).catch(() => null);
    };
    for (let index = 0; index * chunkSize < bytes.length; index++) {
      if (index < count) {
        relay.arm(index % 2 === 0 ? "flip" : "cut", random() * 0.99, chunkSize);
        const spoilt = await send(index);
        if (spoilt?.ok) accepted += 1;
        await spoilt?.body?.cancel();
      }
      expect((await send(index))?.status).toBe(200);
    }
    const done = await fetch(`${base}/upload/${opened.upload_id}/complete?wait=60`, {
      method: "POST",
      headers: { authorization: `Bearer ${opened.upload_token}` },
      ...trust,
    });
    expect(await done.json()).toMatchObject({ status: "success" });
    const stored = readFileSync(join(box.dataDir, "received", study.uid, `${study.uid}.0`, `${uid}.dcm`));
    expect(stored.equals(bytes)).toBe(true);
    expect(relay.spoiled).toBe(count);
    return { spoiled: relay.spoiled, accepted };
  } finally {
    relay.stop();
    await box.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function signIn(base: string, configFile: string, trust: object): Promise<string> {
  const args = ["user", "add", "p5", "--role", "clinician", "--password-stdin", "--config", configFile];
  expect((await runCommand(args, { stdin: testPassword })).code).toBe(0);
  const answer = await fetch(`${base}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", ...alone },
    body: JSON.stringify({ username: "p5", password: testPassword }),
    ...trust,
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

export async function run(scale: number): Promise<Outcome> {
  const each = share(200, scale);
  const [plain, tls] = [await spoiledChunks(each, false), await spoiledChunks(each, true)];
  const all = [plain, tls].filter((one) => one !== null);
  const [spoiled, accepted] = [all.reduce((n, x) => n + x.spoiled, 0), all.reduce((n, x) => n + x.accepted, 0)];
  const below = tls === null ? "without TLS (no openssl here)" : `${tls.spoiled} of them below TLS`;
  return {
    promise: "P5",
    what: "corruption is never accepted",
    target: "100 % refused and sent again",
    measured: `${spoiled - accepted} of ${spoiled} requests with a flipped bit or an early end refused, ${below}; each went through when sent again, bytes equal`,
    passed: accepted === 0,
  };
}
