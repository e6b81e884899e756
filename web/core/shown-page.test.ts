import { expect, test } from "bun:test";
import type { Person } from "./app.ts";
import type { Page } from "./router.ts";
import { shownPage } from "./shown-page.ts";

const person = (role: Person["role"], more: Partial<Person> = {}): Person => ({
  id: "1",
  username: "meier",
  role,
  ...more,
});

test.each<[Page, Person | null, Page]>([
  ["admin", null, "sign-in"],
  ["setup", null, "setup"],
  ["join", null, "join"],
  ["admin", person("admin"), "admin"],
  ["admin", person("radiographer"), "send"],
  ["admin-audit", person("radiologist"), "activity"],
  ["send", person("radiologist"), "activity"],
  ["send", person("clinician"), "send"],
  ["invite", person("radiographer"), "invite"],
  ["invite", person("clinician"), "send"],
  ["activity", person("clinician"), "activity"],
  ["activity", person("guest"), "send"],
  ["confirm", person("guest"), "confirm"],
  ["send", person("admin", { mustEnroll: true }), "enroll"],
])("under %s %j is shown %s", (page, who, shown) => expect(shownPage(page, who)).toBe(shown));
