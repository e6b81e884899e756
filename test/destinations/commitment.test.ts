import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { createDestination } from "../../src/destinations/index.ts";
import { Association } from "../../src/dimse/association.ts";
import { commitmentContext } from "../../src/dimse/commitment.ts";
import { ReportListener } from "../../src/dimse/report-listener.ts";
import { echo } from "../../src/dimse/services.ts";
import { freePort } from "../support/child.ts";
import { startFakeScp } from "../support/fake-scp.ts";
import { madeInstance, madeSeries } from "../support/made-instance.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { testCertificate } from "../support/test-certificates.ts";
import { scpFakes } from "./fakes.ts";
import { destination, store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(60_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const never = new AbortController().signal;
const fakeScp = scpFakes();
const listening = async () => ({ commitment_listen: `127.0.0.1:${await freePort()}` });

describe("a report on the same association", () => {
  test("what is vouched for counts, and what is not does not, though a query would show it", async () => {
    const all = madeSeries(folder.path, 3);
    const uids = all.map(({ sopInstanceUID }) => sopInstanceUID);
    const { at } = await fakeScp({ commits: (asked) => asked.slice(0, 2), finds: () => uids });
    const vouched = await at(await listening()).vouches?.(all, never);
    expect([...(vouched ?? [])]).toEqual(uids.slice(0, 2).map((uid) => [uid, { same: null, note: "committed" }]));
  });

  test("without the key nothing is asked", async () => {
    const { at } = await fakeScp({ commits: (asked) => asked });
    expect(at().vouches).toBeUndefined();
  });
});

describe("without a report C-FIND is the proof, and the receipt says why", () => {
  const rows = [
    ["not offered", undefined, "commitment not offered"],
    ["refused", () => 0x0110, "commitment refused, status 0110"],
    ["silence", () => "silence" as const, "no commitment report in time"],
  ] as const;
  for (const [name, commits, note] of rows) {
    test(name, async () => {
      const [one] = madeSeries(folder.path, 1);
      if (one === undefined) throw new Error("none");
      const fake = await startFakeScp({ ...(commits ? { commits } : {}), finds: () => [one.sopInstanceUID] });
      const to = { host: "127.0.0.1", port: fake.port, called_ae_title: "FAKE" };
      const config = { id: "c", kind: "c-store", ...to, ...(await listening()) } as const;
      const env = { dataDir: tmpdir(), readSecret: () => "", commitmentReportMs: 50 };
      try {
        const vouched = await createDestination(config, env).vouches?.([one], never);
        expect([...(vouched ?? [])]).toEqual([[one.sopInstanceUID, { same: null, note }]]);
      } finally {
        await fake.stop();
      }
    });
  }

  test("the port is another's", async () => {
    const [one] = madeSeries(folder.path, 1);
    if (one === undefined) throw new Error("none");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const { at } = await fakeScp({ commits: (asked) => asked, finds: () => [one.sopInstanceUID] });
    const vouched = await at({ commitment_listen: `127.0.0.1:${port}` }).vouches?.([one], never);
    expect(vouched?.get(one.sopInstanceUID)?.note).toBe("this box could not listen for a commitment report");
    other.close();
  });
});

describe("the listener", () => {
  const peer = (port: number) => ({
    host: "127.0.0.1",
    port,
    calledAETitle: "RELAYPACS",
    callingAETitle: "PACS",
    timeoutSeconds: 5,
  });

  test("answers a C-ECHO, and accepts nothing else but reports", async () => {
    const port = await freePort();
    const listener = await ReportListener.open({ host: "127.0.0.1", port });
    try {
      expect(await echo(peer(port), never)).toBe(0);
      const ct = { abstractSyntax: "1.2.840.10008.5.1.4.1.1.2", transferSyntax: "1.2.840.10008.1.2" };
      const association = await Association.open(peer(port), [commitmentContext, ct], never);
      expect([association.contextOf(commitmentContext), association.contextOf(ct)]).toEqual([
        { id: 1 },
        { refusal: 3 },
      ]);
      await association.release();
    } finally {
      await listener.close();
    }
  });

  const [ours, theirs, stranger] = ["ours", "theirs", "stranger"].map((name) => testCertificate(folder.path, name));
  if (ours && theirs && stranger)
    test("with a certificate it speaks TLS alone, and wants one of the archive", async () => {
      const port = await freePort();
      const tls = { cert: ours.cert, key: ours.key, ca: theirs.cert };
      const listener = await ReportListener.open({ host: "127.0.0.1", port, tls });
      const as = (one: typeof theirs) => ({ ...peer(port), tls: { ca: ours.cert, cert: one.cert, key: one.key } });
      try {
        expect(await echo(as(theirs), never)).toBe(0);
        await expect(echo(as(stranger), never)).rejects.toThrow();
        await expect(echo(peer(port), never)).rejects.toThrow();
      } finally {
        await listener.close();
      }
    });
});

if (orthancProgram !== null)
  describe("a real Orthanc", () => {
    /** Certificates of both sides; without openssl there are none to try. */
    const [ours, theirs] = ["box", "archive"].map((name) => testCertificate(folder.path, name));
    const tls = ours && theirs ? { ca: theirs.certFile, cert: ours.certFile, key: ours.keyFile } : null;
    const served = {
      DicomTlsEnabled: true,
      DicomTlsCertificate: theirs?.certFile,
      DicomTlsPrivateKey: theirs?.keyFile,
      DicomTlsTrustedCertificates: ours?.certFile,
    };
    for (const secure of tls === null ? [false] : [false, true])
      test(`commits what it holds, over an association of its own, and not what it does not hold${secure ? ", over TLS" : ""}`, async () => {
        const port = await freePort();
        const modality = { AET: "RELAYPACS", Host: "127.0.0.1", Port: port, ...(secure ? { UseDicomTls: true } : {}) };
        const config = { DicomModalities: { relay: modality }, ...(secure ? served : {}) };
        const orthanc = await startOrthanc({ config });
        try {
          const to = destination({
            id: "o",
            kind: "c-store",
            host: "127.0.0.1",
            port: orthanc.dicomPort,
            called_ae_title: orthanc.aeTitle,
            commitment_listen: `127.0.0.1:${port}`,
            ...(secure && tls !== null ? { tls } : {}),
          });
          const held = madeSeries(folder.path, 60);
          const told = await store(to, held);
          expect(told.outcomes.filter(({ result }) => result === "stored").length).toBe(60);
          const vouched = await to.vouches?.([...held, madeInstance(folder.path)], never);
          expect([...(vouched?.keys() ?? [])].sort()).toEqual(held.map(({ sopInstanceUID }) => sopInstanceUID).sort());
          expect(new Set([...(vouched?.values() ?? [])].map(({ note }) => note))).toEqual(new Set(["committed"]));
        } finally {
          await orthanc.stop();
        }
      });
  });
