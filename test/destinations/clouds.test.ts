import { expect, setDefaultTimeout, test } from "bun:test";
import { readDicom } from "../../src/fake-pacs/dicom-header.ts";
import { withFaults } from "../../src/fake-pacs/faults.ts";
import { rehearsalAuth } from "../../src/fake-pacs/rehearsal-auth.ts";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { implicitBytes, madeBytes } from "../support/made-instance.ts";

setDefaultTimeout(90_000);
const kinds = ["dcm4chee", "google-healthcare", "aws-healthimaging", "azure-dicom"] as const;

function section(
  id: string,
  kind: (typeof kinds)[number],
  fake: FakePacs,
  change: Record<string, string> = {},
): string {
  const auth = Object.entries({ ...rehearsalAuth(fake, kind), ...change }).map(
    ([name, value]) => `${name} = '''${value}'''`,
  );
  const signIn = auth.length === 0 ? "" : `auth = { ${auth.join(", ")} }\n`;
  return `[[destination]]\nid = "${id}"\nkind = "${kind}"\nurl = "${fake.dicomWebUrl}"\ndefault = true\n${signIn}`;
}

/** One upload to all of them at once; what one refuses costs the others nothing, and each says why in its own words. */
test("one study to every cloud: delivered where it is taken, parked or tried again with the right words where not", async () => {
  const fakes = await Promise.all(kinds.map((kind) => startFakePacs({ kind })));
  const [strict, full] = [
    await startFakePacs({ kind: "azure-dicom" }),
    await startFakePacs({ kind: "azure-dicom", ...withFaults(["full"]) }),
  ];
  const toml = [
    ...kinds.map((kind, at) => section(kind, kind, fakes[at] as FakePacs)),
    section("locked", "azure-dicom", strict, { client_secret: "hunter22" }),
    section("full", "azure-dicom", full),
  ];
  const box = await startBox(toml.join("\n"));
  try {
    const client = await box.client();
    const of = { study: "2.25.660001", series: "2.25.660001.1" };
    const files = [
      { name: "implicit.dcm", bytes: implicitBytes({ ...of, sop: "2.25.660001.1.1" }) },
      { name: "explicit.dcm", bytes: madeBytes({ ...of, sop: "2.25.660001.1.2" }) },
    ];
    const opened = await client.upload(files);
    await client.complete(opened);
    const states = async () => {
      const { studies } = await client.status(opened.upload_id);
      return Object.fromEntries(studies[0]?.deliveries.map((one) => [one.destination_id, one]) ?? []);
    };
    const settled = new Set(["delivered", "parked", "retrying"]);
    await until("each to settle", async () => {
      const all = Object.values(await states());
      return all.length === 6 && all.every(({ state }) => settled.has(state));
    });
    const found = await states();
    for (const kind of kinds)
      expect(found[kind]).toMatchObject({ state: "delivered", delivered_instances: 2, error: null });
    expect(found.locked).toMatchObject({
      state: "parked",
      error: {
        code: "destination_auth_failed",
        message: "The sign-in service gives no token to this client (HTTP 401, invalid_client).",
      },
    });
    expect(found.full).toMatchObject({ state: "retrying", error: { code: "destination_busy" } });
    for (const fake of fakes) expect([fake.held.size, fake.violations]).toEqual([2, []]);
    // Converted for Azure alone, and the receipt says so.
    const syntaxes = fakes.map(
      (fake) => readDicom(fake.held.get("2.25.660001.1.1")?.bytes ?? new Uint8Array()).transferSyntaxUID,
    );
    expect(syntaxes).toEqual([...Array(3).fill("1.2.840.10008.1.2"), "1.2.840.10008.1.2.1"]);
    const { pacs_receipt_id } = await client.status(opened.upload_id);
    const receipt = JSON.stringify(await client.receipt(pacs_receipt_id ?? found["azure-dicom"]?.receipt_id ?? ""));
    expect(receipt.split("as Explicit VR Little Endian").length - 1).toBe(1);
    expect([...box.lines, ...box.errors].join("\n")).not.toMatch(/hunter22|rehearsal-secret|BEGIN PRIVATE/);
  } finally {
    await box.stop();
    for (const fake of [...fakes, strict, full]) await fake.stop();
  }
});
