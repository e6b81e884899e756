import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ClientTlsConfig } from "../../src/core/config-schema.ts";
import { DestinationError } from "../../src/destinations/destination.ts";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { startStoreScp, storescpProgram } from "../support/dcmtk.ts";
import { madeSeries } from "../support/made-instance.ts";
import { testCertificate } from "../support/test-certificates.ts";
import { destination, store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);
const certificate = testCertificate(folder.path);
const codeOf = (error: unknown) => (error instanceof DestinationError ? `${error.code} ${error.retryable}` : error);

if (certificate !== null) {
  const trusted: ClientTlsConfig = { ca: certificate.certFile };
  const wrongName = testCertificate(folder.path, "elsewhere", "DNS:elsewhere.invalid");

  describe("T30: https", () => {
    test("a self-signed certificate is trusted when tls.ca names it, and not without", async () => {
      const fake = await startFakePacs({ tls: certificate });
      try {
        for (const kind of ["stow-rs", "orthanc"] as const) {
          const url = kind === "orthanc" ? fake.url : fake.dicomWebUrl;
          const told = await store(destination({ id: "s", kind, url, tls: trusted }), madeSeries(folder.path, 2));
          expect(told.error).toBeNull();
          expect(told.outcomes.map(({ result }) => result)).toEqual(["stored", "stored"]);
          const untrusting = destination({ id: "s", kind, url });
          expect(codeOf((await store(untrusting, madeSeries(folder.path, 1))).error)).toBe(
            "destination_tls_failed false",
          );
          const [step] = await untrusting.check(new AbortController().signal);
          expect(step).toMatchObject({ ok: false });
          expect(step?.fix).toContain("tls.ca");
        }
      } finally {
        await fake.stop();
      }
    });

    test("a certificate for another name, and a file that is not there, are final", async () => {
      if (wrongName === null) throw new Error("no certificate");
      const fake = await startFakePacs({ tls: wrongName });
      try {
        for (const ca of [wrongName.certFile, `${wrongName.certFile}.missing`]) {
          const to = destination({ id: "s", kind: "stow-rs", url: fake.dicomWebUrl, tls: { ca } });
          expect(codeOf((await store(to, madeSeries(folder.path, 1))).error)).toBe("destination_tls_failed false");
        }
      } finally {
        await fake.stop();
      }
    });
  });

  if (storescpProgram !== null) {
    test("T30: DICOM TLS with certificates on both sides, byte for byte", async () => {
      const client = testCertificate(folder.path, "client");
      if (client === null) throw new Error("no certificate");
      const files = [certificate.keyFile, certificate.certFile];
      const scp = await startStoreScp(["+tls", ...files, "+cf", client.certFile]);
      try {
        const at = (tls: ClientTlsConfig | true) =>
          destination({ id: "d", kind: "c-store", host: "127.0.0.1", port: scp.port, called_ae_title: "SCP", tls });
        const instances = madeSeries(folder.path, 8, { pixels: 1_000_000 });
        const mutual = { ...trusted, cert: client.certFile, key: client.keyFile };
        const told = await store(at(mutual), instances);
        expect(told.error).toBeNull();
        expect(told.outcomes.filter(({ result }) => result === "stored").length).toBe(8);
        expect((await scp.instances()).length).toBe(8);
        expect(codeOf((await store(at(true), instances)).error)).toBe("destination_tls_failed false");
      } finally {
        await scp.stop();
      }
    });
  }
}
