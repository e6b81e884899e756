import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { temporaryFolder } from "../destinations/harness.ts";
import { madeStudy } from "../faults/made-study.ts";
import { startBox } from "../support/box.ts";
import { freePort } from "../support/child.ts";
import { fileOf } from "../support/client.ts";
import { startStoreScp, storescpProgram } from "../support/dcmtk.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { sharedFiles } from "../support/shared-data.ts";
import { testCertificate } from "../support/test-certificates.ts";

setDefaultTimeout(60_000);
const folder = await temporaryFolder();
afterAll(folder.remove);

const section = (id: string, host: string, port: number, more = "") =>
  `[[destination]]\nid = "${id}"\nkind = "c-store"\nhost = "${host}"\nport = ${port}\ncalled_ae_title = "STORESCP"\ncalling_ae_title = "HOSPITAL"\n${more}\n`;

const certificates = ["peer", "client", "stranger"].map((name) => testCertificate(folder.path, name));
const elsewhere = testCertificate(folder.path, "elsewhere", "DNS:elsewhere.invalid");
const [server, client, stranger] = certificates;

if (storescpProgram !== null && server && client && stranger && elsewhere) {
  test("T30: over DICOM TLS the right certificate delivers, and each wrong one parks with what is wrong, in words", async () => {
    const scp = await startStoreScp(["+tls", server.keyFile, server.certFile, "+cf", client.certFile]);
    const other = await startStoreScp(["+tls", elsewhere.keyFile, elsewhere.certFile, "+cf", client.certFile]);
    const own = `cert = "${client.certFile}", key = "${client.keyFile}"`;
    const rows = [
      { id: "right", port: scp.port, tls: `ca = "${server.certFile}", ${own}`, words: null },
      { id: "none", port: scp.port, tls: `ca = "${server.certFile}"`, words: "asks for a certificate of this box" },
      {
        id: "not-ours",
        port: scp.port,
        tls: `ca = "${server.certFile}", cert = "${stranger.certFile}", key = "${stranger.keyFile}"`,
        words: "does not accept the certificate of this box",
      },
      { id: "authority", port: scp.port, tls: `ca = "${stranger.certFile}", ${own}`, words: "does not know" },
      { id: "host", port: other.port, tls: `ca = "${elsewhere.certFile}", ${own}`, words: "made out to another name" },
    ];
    const box = await startBox(
      rows.map(({ id, port, tls }) => section(id, "127.0.0.1", port, `tls = { ${tls} }`)).join(""),
    );
    try {
      const person = await box.client();
      const study = madeStudy(3);
      const metadata = { study_metadata: { destination_ids: rows.map(({ id }) => id) } };
      const status = await person.send(study.files, metadata);
      expect(status.state).toBe("needs_attention");
      for (const { id, words } of rows) {
        const delivery = status.studies[0]?.deliveries.find((one) => one.destination_id === id);
        if (words === null) expect(delivery).toMatchObject({ state: "delivered", delivered_instances: 3, error: null });
        else {
          expect(delivery).toMatchObject({ state: "parked", attempts: 1, error: { code: "destination_tls_failed" } });
          expect(delivery?.error?.message).toContain(words);
        }
      }
      expect((await scp.instances()).sort()).toEqual([...study.bySop.keys()].sort());
      expect(await other.instances()).toEqual([]);
    } finally {
      await box.stop();
      await scp.stop();
      await other.stop();
    }
  });

  const compressed = ["ct-ts-jpegls-lossless-80", "us-multiframe-30f"].flatMap((name) =>
    sharedFiles("dicom/single").filter((path) => path.endsWith(`/${name}.dcm`)),
  );
  if (compressed.length === 2) {
    test("compressed images reach an archive that takes them plain only, and the receipt says so", async () => {
      const classes = ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.3.1"];
      const scp = await startStoreScp([], classes);
      const box = await startBox(
        section("plain", "127.0.0.1", scp.port, "decompress = true") + section("never", "127.0.0.1", scp.port),
      );
      try {
        const person = await box.client();
        const metadata = { study_metadata: { destination_ids: ["plain", "never"] } };
        const status = await person.send(
          compressed.map((path) => fileOf(path)),
          metadata,
        );
        const deliveries = status.studies.flatMap((study) => study.deliveries);
        const to = (id: string) => deliveries.filter((one) => one.destination_id === id);
        expect(to("plain").map(({ state }) => state)).toEqual(["delivered", "delivered"]);
        expect(to("never").map(({ error }) => error?.code)).toEqual(Array(2).fill("transfer_syntax_refused"));
        expect(to("never")[0]?.error?.message).toContain("decompress = true");
        expect((await scp.instances()).length).toBe(2);
        const receipt = JSON.stringify(await person.receipt(to("plain")[0]?.receipt_id ?? ""));
        expect(receipt).toContain("decompressed from JPEG-LS Lossless");
        expect(receipt).toContain("decompressed from JPEG Baseline");
      } finally {
        await box.stop();
        await scp.stop();
      }
    });
  }
}

if (orthancProgram !== null) {
  test("the receipt says that a real Orthanc committed itself", async () => {
    const port = await freePort();
    const orthanc = await startOrthanc({ config: { DicomModalities: { box: ["HOSPITAL", "127.0.0.1", port] } } });
    const commitment = `commitment_listen = "127.0.0.1:${port}"`;
    const box = await startBox(
      section("pacs", "127.0.0.1", orthanc.dicomPort, commitment).replace("STORESCP", orthanc.aeTitle),
    );
    try {
      const person = await box.client();
      const status = await person.send(madeStudy(4).files);
      expect(status.state).toBe("delivered");
      const receipt = JSON.stringify(await person.receipt(status.pacs_receipt_id ?? ""));
      expect(receipt.match(/"answer":"0000, committed","verified_by":"query"/g)?.length).toBe(4);
    } finally {
      await box.stop();
      await orthanc.stop();
    }
  });
}
