import { describe, expect, test } from "bun:test";
import { destinationProblems } from "../../src/core/config-rules.ts";
import { destinationSchemas } from "../../src/core/config-schema.ts";
import { type Field, type Template, templateOf, templates } from "./destination-fields.ts";
import { fieldsWith, isKept, settingsOf, type Values, valuesOf } from "./destination-settings.ts";

const typed: Partial<Record<Field["input"], string>> = {
  url: "https://pacs.example/dicom-web",
  number: "8",
  check: "true",
};
/** Every field filled with something. */
function filled(template: Template, signIn: string): Values {
  const text = ({ path, input, choices }: Field): string =>
    input === "headers"
      ? "X-Key: a:b\nX-Other: c"
      : path === "auth.type"
        ? signIn
        : (typed[input] ?? choices?.at(-1)?.value ?? (path === "commitment_listen" ? "0.0.0.0:11113" : "north"));
  return Object.fromEntries(
    fieldsWith(template, { "auth.type": signIn, tls: "true" }).map((field) => [field.path, text(field)]),
  );
}
const of = (kind: string): Template => templateOf(kind, "none") as Template;

test("there is a form for every kind that the box knows", () => {
  expect(templates.map(({ kind }) => kind).sort()).toEqual(Object.keys(destinationSchemas).sort());
});

describe.each(
  templates.flatMap((template) =>
    (template.signIns.length === 0 ? [""] : template.signIns).map((signIn) => [template.kind, signIn] as const),
  ),
)("%s %s", (kind, signIn) => {
  test("all that its form asks for is what the box takes", () => {
    expect(destinationProblems([settingsOf(of(kind), filled(of(kind), signIn), null)])).toEqual([]);
  });
  test("and with what it must have alone", () => {
    const needed = fieldsWith(of(kind), { "auth.type": signIn }).filter((it) => it.required || it.path === "auth.type");
    const values = Object.fromEntries(needed.map(({ path }) => [path, filled(of(kind), signIn)[path] ?? ""]));
    expect(destinationProblems([settingsOf(of(kind), values, null)])).toEqual([]);
  });
});

const before = {
  id: "north",
  kind: "stow-rs",
  url: "https://pacs.example/dicom-web",
  auth: { type: "basic", username: "relay", password: { set: true } },
  headers: { "X-Key": { set: true } },
  fallback: "archive",
  unknown_setting: { of: "a newer box" },
};

test("what is not touched stays: secrets that nobody sees, and what no field shows", () => {
  const values = valuesOf(of("stow-rs"), before);
  expect(values["auth.password"]).toBe("");
  expect(isKept(before, "auth.password")).toBe(true);
  expect(settingsOf(of("stow-rs"), values, before)).toEqual(before);
});

test("an empty field takes a setting away; another way to sign in forgets the old one", () => {
  const values = { ...valuesOf(of("stow-rs"), before), fallback: "", "auth.type": "bearer", "auth.token": " t " };
  const { fallback, ...rest } = before;
  expect(settingsOf(of("stow-rs"), values, before)).toEqual({ ...rest, auth: { type: "bearer", token: " t " } });
  expect(settingsOf(of("stow-rs"), { ...values, "auth.type": "none" }, before).auth).toBeUndefined();
});

test("a way to sign in that its form does not offer is kept, and offered", () => {
  const template = templateOf("orthanc", "oauth2-client") as Template;
  expect(template.signIns).toContain("oauth2-client");
  expect(of("orthanc").signIns).not.toContain("oauth2-client");
});

test("DICOM TLS with certificates of its own stays a table until it is switched off", () => {
  const archive = {
    id: "pacs",
    kind: "c-store",
    host: "10.0.0.5",
    port: 104,
    called_ae_title: "PACS",
    tls: { ca: "/ca.pem" },
  };
  const values = valuesOf(of("c-store"), archive);
  expect(settingsOf(of("c-store"), values, archive)).toEqual(archive);
  expect(settingsOf(of("c-store"), { ...values, tls: "" }, archive).tls).toBeUndefined();
  expect(settingsOf(of("c-store"), { ...values, "tls.ca": "" }, archive).tls).toBe(true);
  expect(settingsOf(of("c-store"), { ...values, "tls.ca": "/new.pem" }, null).tls).toEqual({ ca: "/new.pem" });
  expect(settingsOf(of("c-store"), { ...values, "tls.ca": "" }, null).tls).toBe(true);
});

test("a header's value is hidden and kept; one whose line goes, goes", () => {
  const values = valuesOf(of("stow-rs"), before);
  expect(values.headers).toBe("X-Key: •••");
  const more = settingsOf(of("stow-rs"), { ...values, headers: "X-Key: •••\n\nX-More:  a:b " }, before);
  expect(more.headers).toEqual({ "X-Key": { set: true }, "X-More": "a:b" });
  expect(settingsOf(of("stow-rs"), { ...values, headers: "" }, before).headers).toBeUndefined();
});
