import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { issue, makeAuthority, toPem } from "../../src/tls/authority.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { temporaryFolder } from "./harness.ts";

setDefaultTimeout(60_000);
const day = 86_400_000;
const here = { dns: ["localhost"], addresses: ["127.0.0.1"] };
const elsewhere = { dns: ["elsewhere.invalid"], addresses: ["10.9.9.9"] };
const folder = await temporaryFolder();
const fakes: FakePacs[] = [];
let box: Box;
let client: Client;

/** An archive whose certificate was made so long ago, for these names. @returns its section, which trusts `ca` where one is given */
async function archive(id: string, names: typeof here, ageDays: number, trusts: boolean): Promise<string> {
  const made = Date.now() - ageDays * day;
  const authority = await makeAuthority(names, made);
  const [root, leaf] = [await toPem(authority), await toPem(await issue(authority, names, made))];
  const fake = await startFakePacs({ tls: { cert: leaf.cert + root.cert, key: leaf.key } });
  fakes.push(fake);
  const ca = join(folder.path, `${id}.crt`);
  writeFileSync(ca, root.cert);
  return `[[destination]]\nid = "${id}"\nkind = "stow-rs"\nurl = "${fake.dicomWebUrl}"\n${trusts ? `tls = { ca = "${ca}" }\n` : ""}`;
}

beforeAll(async () => {
  const sections = [
    await archive("right", here, 1, true),
    await archive("unknown", here, 1, false),
    await archive("late", here, 500, true), // a leaf lives 397 days
    await archive("other", elsewhere, 1, true),
  ];
  box = await startBox(sections.join(""));
  client = await box.client();
});
afterAll(async () => {
  await box.stop();
  await Promise.all(fakes.map((fake) => fake.stop()));
  await folder.remove();
});

test.each([
  ["unknown", /an authority that this box does not know \([A-Z_]*(SELF_SIGNED|ISSUER|UNABLE)[A-Z_]*\)/],
  ["late", /has expired \([A-Z_]*EXPIRED\)/],
  ["other", /another name than the configured one \([A-Z_]*ALTNAME[A-Z_]*\)/],
])(
  "T30: a certificate that is not the archive's (%s) parks the study with the words, and nothing leaves",
  async (id, words) => {
    const bytes = madeBytes({ study: `2.25.30${id.length}`, sop: `2.25.30${id.length}.1` });
    const sending = { study_metadata: { destination_ids: [id] } };
    const status = await client.send([{ name: "a.dcm", bytes }], sending);
    expect(status.state).toBe("needs_attention");
    expect(status.studies[0]?.deliveries).toMatchObject([
      { state: "parked", error: { code: "destination_tls_failed", message: expect.stringMatching(words) } },
    ]);
    expect(fakes.map(({ requests }) => requests.length)).toEqual([0, 0, 0, 0]);
  },
);

test("T30: the right one is trusted", async () => {
  const bytes = madeBytes({ study: "2.25.3099", sop: "2.25.3099.1" });
  const status = await client.send([{ name: "a.dcm", bytes }], { study_metadata: { destination_ids: ["right"] } });
  expect(status.state).toBe("delivered");
});
