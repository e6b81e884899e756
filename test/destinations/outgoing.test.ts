import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import type { DestinationConfig } from "../../src/core/config-schema.ts";
import { createDestination } from "../../src/destinations/index.ts";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { startFakeScp } from "../support/fake-scp.ts";
import { madeSeries } from "../support/made-instance.ts";
import { testCertificate } from "../support/test-certificates.ts";
import { codeOf } from "./fakes.ts";
import { store, temporaryFolder } from "./harness.ts";

setDefaultTimeout(30_000);
const folder = await temporaryFolder();
afterAll(folder.remove);

/** A name that no resolver knows but the one given here: what arrives went to the address that was looked at. */
const name = "pacs.invalid";
const metadata = "169.254.169.254";
/** Leads to these, one after the other, and then on to the last. */
function resolving(...answers: string[][]) {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return { asked, resolve };
}
const sendTo = (config: DestinationConfig, resolve?: (host: string) => Promise<string[]>) =>
  store(
    createDestination(config, {
      dataDir: tmpdir(),
      readSecret: () => "",
      ...(resolve === undefined ? {} : { resolve }),
    }),
    madeSeries(folder.path, 1),
  );
const web = (url: string): DestinationConfig => ({ id: "d", kind: "stow-rs", url });
const dicom = (host: string, port: number): DestinationConfig => ({
  id: "d",
  kind: "c-store",
  host,
  port,
  called_ae_title: "FAKE",
});

describe("T13: an address that no destination may lead to", () => {
  const disguises = [
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:a9fe:a9fe]",
    "metadata.google.internal",
  ];
  test("the address itself, where it is not the configuration file that names it, whatever the kind", async () => {
    const signedIn: DestinationConfig = {
      id: "d",
      kind: "stow-rs",
      url: "http://127.0.0.1:9",
      auth: { type: "oauth2-client", token_url: `http://${metadata}/token`, client_id: "c", client_secret: "s" },
    };
    for (const config of [web(`http://${metadata}/`), dicom(metadata, 104), signedIn]) {
      const env = { dataDir: tmpdir(), readSecret: () => "", fromFile: false };
      const told = await store(createDestination(config, env), madeSeries(folder.path, 1));
      expect(codeOf(told.error)).toBe("destination_rejected false");
    }
  });

  test.each(disguises)("%s is refused, whatever the kind", async (host) => {
    expect(codeOf((await sendTo(web(`http://${host}/dicom-web`))).error)).toBe("destination_rejected false");
    expect(codeOf((await sendTo(dicom(host, 104))).error)).toBe("destination_rejected false");
  });

  test("a name that leads there beside an honest address is refused before any connect", async () => {
    const fake = await startFakePacs();
    const scp = await startFakeScp();
    try {
      const port = new URL(fake.url).port;
      const { resolve } = resolving(["127.0.0.1", metadata]);
      expect(codeOf((await sendTo(web(`http://${name}:${port}/dicom-web`), resolve)).error)).toBe(
        "destination_rejected false",
      );
      expect(codeOf((await sendTo(dicom(name, scp.port), resolve)).error)).toBe("destination_rejected false");
      expect([fake.requests.length, scp.associations.length]).toEqual([0, 0]);
    } finally {
      await Promise.all([fake.stop(), scp.stop()]);
    }
  });
});

describe("T13: a name that leads elsewhere a moment later (rebind)", () => {
  test("HTTP goes to the address that was looked at, under the name; the next request is refused", async () => {
    const fake = await startFakePacs();
    try {
      const { host, port } = new URL(fake.url);
      const { asked, resolve } = resolving(["127.0.0.1"], [metadata]);
      const { error } = await sendTo(web(`http://${name}:${port}/dicom-web`), resolve);
      expect(fake.requests).toHaveLength(1); // "what do you hold?"; then the name led on
      expect(fake.requests[0]?.headers.host).toBe(`${name}:${port}`);
      expect(codeOf(error)).toBe("destination_rejected false");
      expect(new Set(asked)).toEqual(new Set([name]));
      expect(host).toStartWith("127.0.0.1");
      const steady = resolving(["127.0.0.1"]);
      expect((await sendTo(web(`http://${name}:${port}/dicom-web`), steady.resolve)).error).toBeNull();
      expect(fake.held.size).toBe(1);
    } finally {
      await fake.stop();
    }
  });

  test("C-STORE goes to the address that was looked at, and is refused once the name leads elsewhere", async () => {
    const scp = await startFakeScp();
    try {
      const steady = resolving(["127.0.0.1"]);
      expect((await sendTo(dicom(name, scp.port), steady.resolve)).error).toBeNull();
      expect(scp.received).toHaveLength(1);
      const { resolve } = resolving(["127.0.0.1"], [metadata]);
      expect(codeOf((await sendTo(dicom(name, scp.port), resolve)).error)).toBe("destination_rejected false");
      expect(scp.received).toHaveLength(1);
    } finally {
      await scp.stop();
    }
  });

  test("of several addresses one that answers is taken; none answering is no way there", async () => {
    const fake = await startFakePacs();
    const port = new URL(fake.url).port;
    const url = `http://${name}:${port}/dicom-web`;
    const { resolve } = resolving(["127.0.0.2", "127.0.0.1"]);
    try {
      expect((await sendTo(web(url), resolve)).error).toBeNull();
      expect(fake.held.size).toBe(1);
    } finally {
      await fake.stop();
    }
    expect(codeOf((await sendTo(web(url), resolve)).error)).toBe("destination_unreachable true");
  });

  const certificate = testCertificate(folder.path, "named", `DNS:${name}`);
  const other = testCertificate(folder.path, "addressed", "IP:127.0.0.1,DNS:elsewhere.invalid");
  if (certificate !== null && other !== null)
    test("the certificate has to name the configured name, not the address", async () => {
      const { resolve } = resolving(["127.0.0.1"]);
      for (const [shown, expected] of [
        [certificate, null],
        [other, "destination_tls_failed false"],
      ] as const) {
        const fake = await startFakePacs({ tls: shown });
        try {
          const url = `https://${name}:${new URL(fake.url).port}/dicom-web`;
          const { error } = await sendTo({ id: "d", kind: "stow-rs", url, tls: { ca: shown.certFile } }, resolve);
          expect(codeOf(error)).toBe(expected);
        } finally {
          await fake.stop();
        }
      }
    });
});

test("T13: a redirect is not followed, and no password goes along", async () => {
  const seen: string[] = [];
  const elsewhere = createServer((request, response) => {
    seen.push(request.headers.authorization ?? "none");
    response.end();
  });
  const redirecting = createServer((_request, response) => {
    const { port } = elsewhere.address() as AddressInfo;
    response.writeHead(302, { location: `http://127.0.0.1:${port}/latest/meta-data/` });
    response.end();
  });
  const listening = (server: typeof elsewhere) =>
    new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  await Promise.all([listening(elsewhere), listening(redirecting)]);
  try {
    const auth = { type: "basic", username: "relay", password: "secret" } as const;
    for (const kind of ["stow-rs", "orthanc"] as const) {
      const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
      const { outcomes, error } = await sendTo({ id: "d", kind, url, auth });
      expect(outcomes.filter(({ result }) => result === "stored")).toEqual([]);
      expect(codeOf(error)).toMatch(/^destination_\w+ false$/);
    }
    expect(seen).toEqual([]);
  } finally {
    for (const server of [elsewhere, redirecting]) {
      server.closeAllConnections();
      server.close();
    }
  }
});
