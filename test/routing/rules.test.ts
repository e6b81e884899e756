import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
let admin: Client;
let sender: Client;
const ids = ["all", "south", "stroke", "anna", "night", "invited"];
const folder = (id: string) => `[[destination]]\nid = "${id}"\nkind = "folder"\npath = "${id}"\n`;
const rule = (name: string, when: string, to: string) =>
  `[[route]]\nname = "${name}"\nwhen = { ${when} }\nto = ["${to}"]\n`;
/** Whenever the test runs, the one is now and the other is not. */
const hour = new Date().getHours();
const clock = (hours: number) => `${String((hours + 24) % 24).padStart(2, "0")}:00`;
const [now, later] = [`${clock(hour - 2)}-${clock(hour + 3)}`, `${clock(hour + 8)}-${clock(hour + 9)}`];
const toml = [
  ...ids.map(folder),
  rule("south", 'institution = "Praxis S*", ae_title = "MR?"', "south"),
  rule("stroke", 'description = ["*stroke*", "CTA"], body_part = "HEAD"', "stroke"),
  rule("by name", 'user = "radiographer", modality = "CT"', "anna"),
  rule("now", `time = "${now}", description = "*timed*"`, "all"),
  rule("later", `time = "${later}", description = "*timed*"`, "night"),
  rule("invited", 'invitation = "Clinic*"', "invited"),
  rule("no time", 'time = "08:00-08:00"', "night"),
  rule("again", 'user = "radiographer", modality = "CT", body_part = "ARM"', "anna"),
].join("");
const more = [
  [0x0008, 0x0080, "LO", "Praxis Sonnenberg"],
  [0x0008, 0x103e, "LO", "Stroke angio, timed"],
  [0x0018, 0x0015, "CS", "HEAD"],
] as const;

setDefaultTimeout(60_000);

beforeAll(async () => {
  box = await startBox(toml);
  [admin, sender] = [await box.client("admin"), await box.client("radiographer")];
});
afterAll(() => box.stop());

const tried = async (question: unknown) => {
  const answer = await admin.request("POST", "/admin/routes/try", { body: question });
  return { status: answer.status, ...(await answer.json()) };
};

test("a study goes where try says, by every condition there is, and each rule says why", async () => {
  const status = await sender.send([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.9101", more }) }]);
  const trial = await tried({
    modality: "CT",
    institution: "Praxis Sonnenberg",
    description: "Stroke angio, timed",
    body_part: "HEAD",
    user: "radiographer",
  });
  expect(trial).toMatchObject({ status: 200, applied: "rules", destinations: ["stroke", "anna", "all"] });
  expect(status.studies[0]?.deliveries.map((it) => it.destination_id).sort()).toEqual(["all", "anna", "stroke"]);
  expect(status.state).toBe("delivered");
  const why = Object.fromEntries(trial.rules.map((it: { name: string; why: string }) => [it.name, it.why]));
  expect(why.south).toBe("AE title (none) is not among MR?");
  expect(why.stroke).toContain("description Stroke angio, timed is among *stroke*, CTA");
  expect(why.later).toContain(`is not within ${later}`);
  // the study itself is asked about: what is forgotten with its files is not known, and what is said in its place holds
  const study = { upload_id: status.upload_id, study_instance_uid: "2.25.9101" };
  const past = await tried({ study });
  expect(past).toMatchObject({ status: 200, applied: "rules" });
  expect(past.destinations).toContain("anna");
  const south = (trial: typeof past) =>
    trial.rules[0].conditions.find((it: { name: string }) => it.name === "ae_title");
  expect(past.study.user).toEqual(["radiographer"]);
  expect(south(await tried({ study, ae_title: "MR1" }))).toEqual({
    name: "ae_title",
    wanted: ["MR?"],
    found: ["MR1"],
    matched: true,
  });
  expect((await tried({ study: { ...study, study_instance_uid: "2.25.1" } })).status).toBe(404);
});

test("a guest's study is known by the invitation's label, and by who invited", async () => {
  const invited = await sender.request("POST", "/invitations", { body: { label: "Clinic South" } });
  const { payload } = (await invited.json()) as { payload: { upload_token: string } };
  const redeemed = await sender.request("POST", "/invitations/redeem", {
    token: null,
    body: payload.upload_token === "" ? {} : { upload_token: payload.upload_token },
  });
  const { access_token: token } = (await redeemed.json()) as { access_token: string };
  const bytes = madeBytes({ study: "2.25.9102" });
  const init = await sender.request("POST", "/upload/init", {
    token,
    body: {
      total_files: 1,
      total_size_bytes: bytes.length,
      files: [{ file_id: "f0", name: "a", size_bytes: bytes.length }],
    },
  });
  const opened = await init.json();
  expect((await sender.chunk(opened, "f0", 0, bytes)).status).toBe(200);
  await sender.complete(opened);
  const status = await sender.reach(opened.upload_id, new Set(["delivered"]));
  const destinations = status.studies[0]?.deliveries.map((it) => it.destination_id).sort();
  expect(destinations).toEqual(["anna", "invited"]);
  const trial = await tried({ modality: "CT", user: "radiographer", invitation: "Clinic South" });
  expect(trial.destinations.sort()).toEqual(destinations);
});

test("rules that never decide anything are told at start, by try and by doctor", async () => {
  const told = box.errors.join("\n");
  for (const words of [
    '"no time" can never match: its time ends when it begins',
    '"again" never adds anything: "by name" before it',
  ])
    expect(told).toContain(words);
  expect((await tried({})).faults).toMatchObject([
    { rule: "no time", code: "never_matches" },
    { rule: "again", code: "adds_nothing" },
  ]);
  const { code, stdout } = await run(["doctor", "--config", box.configFile]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL {2}rule no time: .*can never match.*\n {6}-> /m);
  expect(stdout).toMatch(/^FAIL {2}rule again: .*never adds anything/m);
});

test("the command line says the same of a file", async () => {
  const work = mkdtempSync(join(tmpdir(), "relaypacs-route-"));
  try {
    const file = join(work, "a.dcm");
    writeFileSync(file, madeBytes({ more }));
    const args = ["route", "try", file, "--config", box.configFile];
    const { stdout, code } = await run([...args, "--user", "radiographer", "--json"]);
    expect(code).toBe(0);
    const trial = JSON.parse(stdout);
    expect(trial).toMatchObject({ modality: "CT", applied: "rules", destinations: ["stroke", "anna", "all"] });
    const words = (await run([...args, "--time", clock(hour + 8), "--invitation", "Clinic North"])).stdout;
    expect(words).toContain("+ later: ");
    expect(words).toContain("- by name: user (none) is not among radiographer");
    expect(words).toContain('! The rule "no time" can never match');
    expect(words).toContain("Goes to: stroke, night, invited (every rule that matches adds its destinations)");
    expect((await run([...args, "--time", "25:00"])).code).toBe(2);
  } finally {
    rmSync(work, { recursive: true });
  }
});

test("nobody but the administrator may ask, and a question is closed", async () => {
  expect((await sender.request("POST", "/admin/routes/try", { body: {} })).status).toBe(403);
  expect((await tried({ bodypart: "HEAD" })).status).toBe(422);
  expect((await tried({ time: "8:00" })).status).toBe(422);
});
