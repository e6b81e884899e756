import { afterEach, describe, expect, test } from "bun:test";
import { madeBytes } from "../../test/support/made-instance.ts";
import type { FakePacsOptions } from "./behaviour.ts";
import { fakeKinds, kindRules } from "./rules.ts";
import { type FakePacs, startFakePacs } from "./server.ts";
import { rehearsal } from "./tokens.ts";

const started: FakePacs[] = [];
afterEach(async () => {
  for (const fake of started.splice(0)) await fake.stop();
});
/** Lets everyone in: what is refused here is refused for its form. */
async function archive(kind: (typeof fakeKinds)[number], options: FakePacsOptions = {}): Promise<FakePacs> {
  const fake = await startFakePacs({ kind, signIn: "none", ...options });
  started.push(fake);
  return fake;
}

const image = Buffer.from(madeBytes());
const json = "application/dicom+json";
const related = 'multipart/related; type="application/dicom"; boundary=b';
const part = (content: Uint8Array, type = "application/dicom") =>
  Buffer.concat([Buffer.from(`--b\r\nContent-Type: ${type}\r\n\r\n`), content, Buffer.from("\r\n")]);
const body = (...parts: Uint8Array[]) => Buffer.concat([...parts, Buffer.from("--b--\r\n")]);

interface Sent {
  readonly accept?: string;
  readonly type?: string;
  readonly content?: Buffer;
  readonly path?: string;
}
const send = (fake: FakePacs, { accept = json, type = related, content = body(part(image)), path = "" }: Sent) =>
  fetch(`${fake.dicomWebUrl}/studies${path}`, {
    method: "POST",
    headers: { accept, "content-type": type },
    body: new Uint8Array(content),
  });

describe("a request that is right", () => {
  test("is stored by every kind", async () => {
    for (const kind of fakeKinds) {
      const fake = await archive(kind);
      expect([kind, (await send(fake, {})).status, fake.held.size]).toEqual([kind, 200, 1]);
    }
  });
});

describe("the form of a request, as each kind refuses it", () => {
  const kinds = ["stow-rs", "orthanc", "dcm4chee", "google-healthcare", "aws-healthimaging", "azure-dicom"] as const;
  // Orthanc finds nothing in it, and says 200 (1.10.1).
  const broken = [400, 200, 400, 400, 400, 400];
  const long = "b".repeat(73);
  const withBoundary = (name: string) =>
    Buffer.concat([
      Buffer.from(`--${name}\r\nContent-Type: application/dicom\r\n\r\n`),
      image,
      Buffer.from(`\r\n--${name}--`),
    ]);
  const other = part(Buffer.from("{}"), "application/json");
  const cases: readonly (readonly [name: string, sent: Sent, statuses: readonly number[]])[] = [
    ["Accept: text/html", { accept: "text/html" }, [406, 200, 200, 200, 406, 406]],
    ["a JSON body", { type: "application/json" }, [415, 415, 400, 415, 415, 415]],
    ["no boundary", { type: 'multipart/related; type="application/dicom"' }, [415, 415, 400, 415, 415, 415]],
    [
      "multipart of another type",
      { type: 'multipart/related; type="image/jpeg"; boundary=b' },
      [415, 415, 400, 415, 415, 415],
    ],
    ["a quoted boundary", { type: related.replace("=b", '="b"') }, [415, 200, 200, 200, 200, 200]],
    [
      "a boundary of 73 characters, as Orthanc's client has it",
      { type: related.replace("=b", `=${long}`), content: withBoundary(long) },
      [415, 200, 200, 200, 200, 200],
    ],
    ["another boundary in the body", { type: related.replace("=b", "=c") }, broken],
    [
      "line feeds alone",
      { content: Buffer.from(body(part(image)).toString("latin1").replaceAll("\r\n", "\n"), "latin1") },
      broken,
    ],
    ["no final delimiter", { content: body(part(image)).subarray(0, -6) }, broken],
    [
      "something behind the final delimiter",
      { content: Buffer.concat([body(part(image)), Buffer.from("more")]) },
      broken,
    ],
    [
      "something before the first delimiter",
      { content: Buffer.concat([Buffer.from("x\r\n"), body(part(image))]) },
      broken,
    ],
    ["a part of another type", { content: body(part(image), other) }, [400, 400, 200, 400, 400, 415]],
    [
      "a part that is no DICOM",
      { content: body(part(image), part(Buffer.from("no"))) },
      [400, 400, 500, 202, 202, 202],
    ],
    ["one object without multipart", { type: "application/dicom", content: image }, [415, 415, 400, 200, 200, 200]],
    ["an object of another study", { path: "/2.25.999" }, [409, 409, 409, 409, 409, 409]],
    ["no part at all", { content: Buffer.from("--b--\r\n") }, [409, 200, 409, 409, 409, 204]],
  ];
  for (const [name, sent, statuses] of cases) {
    test(name, async () => {
      const said: number[] = [];
      for (const kind of kinds) {
        const fake = await archive(kind);
        said.push((await send(fake, sent)).status);
        if (statuses === broken) expect([kind, fake.held.size, fake.violations.length]).toEqual([kind, 0, 1]);
      }
      expect(Object.fromEntries(kinds.map((kind, at) => [kind, said[at]]))).toEqual(
        Object.fromEntries(kinds.map((kind, at) => [kind, statuses[at]])),
      );
    });
  }

  test("a part of another type is passed over by dcm4chee without a word", async () => {
    const fake = await archive("dcm4chee");
    const text = await (await send(fake, { content: body(part(image, "application/octet-stream")) })).text();
    expect([fake.held.size, text.includes("00081199"), text.includes("00081198")]).toEqual([0, false, false]);
  });

  test("a request above the kind's size, and one without a length", async () => {
    const fake = await archive("aws-healthimaging", { mostBytes: 500 });
    expect((await send(fake, {})).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(body(part(image))));
        controller.close();
      },
    });
    const plain = await archive("stow-rs");
    const headers = { accept: json, "content-type": related };
    expect((await fetch(`${plain.dicomWebUrl}/studies`, { method: "POST", headers, body: stream })).status).toBe(411);
  });
});

const curl = Bun.which("curl");
if (curl !== null) {
  test("curl's signature is let in, as AWS's own example has it, and with a wrong key refused", async () => {
    const fake = await archive("aws-healthimaging", { signIn: "sigv4" });
    const status = async (secret: string, ...more: string[]) => {
      const signed = [
        "--aws-sigv4",
        `aws:amz:${rehearsal.region}:medical-imaging`,
        "-u",
        `${rehearsal.accessKeyId}:${secret}`,
      ];
      const args = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", `Accept: ${json}`, ...signed, ...more];
      const child = Bun.spawn([curl, ...args], { stdin: image });
      return (await new Response(child.stdout).text()).trim();
    };
    const at = `${fake.dicomWebUrl}/studies`;
    const streaming = [
      ["-H", "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD"],
      ["-H", `x-amz-decoded-content-length: ${image.length}`],
      ["-H", "Content-Type: application/dicom", "-X", "POST", "--data-binary", "@-"],
    ].flat();
    for (const [secret, stored, queried] of [
      [rehearsal.secretAccessKey, "200", "200"],
      ["wrong", "403", "403"],
    ] as const) {
      const study = [...fake.held.values()][0]?.studyInstanceUID ?? "2.25.2";
      expect(await status(secret, ...streaming, at)).toBe(stored);
      expect(await status(secret, `${at}/${study}/instances?limit=5&offset=0`)).toBe(queried);
    }
    expect(fake.held.size).toBe(1);
  });
}

describe("answers", () => {
  test("every one says what it comes from, in a header and in its text", async () => {
    for (const kind of fakeKinds) {
      const fake = await archive(kind);
      const held = [...(await send(fake, {}).then(() => fake.held.values()))][0];
      if (held === undefined) throw new Error("nothing held");
      const study = `${fake.dicomWebUrl}/studies/${held.studyInstanceUID}`;
      const answers = [
        await send(fake, {}),
        await send(fake, { type: "text/plain" }),
        await fetch(`${fake.url}/`),
        await fetch(`${fake.url}/nowhere`),
        await fetch(`${study}/instances`),
        await fetch(`${study}/series/${held.seriesInstanceUID}/instances/${held.sopInstanceUID}`),
        ...(kindRules[kind].rest ? [await fetch(`${fake.url}/system`)] : []),
      ];
      for (const answer of answers) {
        expect([kind, answer.url, answer.headers.get("x-fake-pacs")]).toEqual([
          kind,
          answer.url,
          expect.stringContaining("fake PACS"),
        ]);
        expect(await answer.text()).toContain("RelayPACS fake PACS");
      }
    }
  });

  test("XML where Accept asks for it, or where the kind gives nothing else", async () => {
    for (const [kind, accept] of [
      ["orthanc", "application/dicom+xml"],
      ["google-healthcare", "*/*"],
      ["dcm4chee", "text/html"],
    ] as const) {
      const answer = await send(await archive(kind), { accept });
      expect(answer.headers.get("content-type")).toBe("application/dicom+xml");
      expect(await answer.text()).toContain('<DicomAttribute tag="00081199" vr="SQ"><Item number="1">');
    }
  });

  test("an empty sequence is left out; a failure says why", async () => {
    const azure = await archive("azure-dicom");
    await send(azure, {});
    const text = await (await send(azure, {})).text();
    expect(text).not.toContain("00081199");
    expect(JSON.parse(text)["00081198"].Value[0]).toMatchObject({
      "00081197": { Value: [45070] },
      "00741048": { Value: [{ "00000902": { Value: ["it exists already"] } }] },
    });
  });

  test("a connection is closed after so many requests", async () => {
    const fake = await archive("stow-rs", { closeAfterRequests: 2 });
    const seen: (string | null)[] = [];
    for (let at = 0; at < 4; at++) seen.push((await fetch(`${fake.url}/system`)).headers.get("connection"));
    expect(seen).toEqual(["keep-alive", "close", "keep-alive", "close"]);
  });

  test("dcm4chee names the first failure in a Warning header", async () => {
    const fake = await archive("dcm4chee", { otherwise: { fails: () => 0xa900 } });
    expect((await send(fake, {})).headers.get("warning")).toStartWith("299 ");
  });
});

describe("tokens", () => {
  const ask = (fake: FakePacs, form: Record<string, string>) =>
    fetch(fake.tokenUrl, { method: "POST", body: new URLSearchParams(form) });
  const good = {
    grant_type: "client_credentials",
    client_id: rehearsal.clientId,
    client_secret: rehearsal.clientSecret,
    scope: rehearsal.scope,
  };

  test.each([
    [{}, 200, undefined],
    [{ client_secret: "wrong" }, 401, "invalid_client"],
    [{ scope: "other" }, 400, "invalid_scope"],
    [{ grant_type: "password" }, 400, "unsupported_grant_type"],
  ] as const)("a client with %j: %d", async (change, status, error) => {
    const answer = await ask(await archive("azure-dicom", { signIn: "client" }), { ...good, ...change });
    expect([answer.status, (await answer.json()).error]).toEqual([status, error]);
  });

  test("none, a strange one and one that has ended are refused", async () => {
    const fake = await archive("azure-dicom", { signIn: "client", tokenSeconds: 0.02 });
    const { access_token } = await (await ask(fake, good)).json();
    const at = (authorization: string) => fetch(`${fake.dicomWebUrl}/studies`, { headers: { authorization } });
    expect((await at("")).status).toBe(401);
    expect((await at("Bearer strange")).headers.get("www-authenticate")).toContain("invalid_token");
    let status = 0;
    while (status !== 401) ({ status } = await at(`Bearer ${access_token}`));
    expect(status).toBe(401);
  });

  test("an assertion that nobody signed is no grant", async () => {
    const fake = await archive("google-healthcare", { signIn: "service-account" });
    const none = `${btoa('{"alg":"none"}')}.${btoa(`{"iss":"x","aud":"${fake.tokenUrl}"}`)}.`;
    const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: none };
    expect((await ask(fake, form)).status).toBe(400);
  });
});
