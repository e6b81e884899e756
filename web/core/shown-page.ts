import { may, type Permission } from "../../src/contract/permissions.ts";
import type { Person } from "./app.ts";
import type { Page } from "./router.ts";

/** Whether this person may do that; a guest may nothing that is asked for by name. */
export const allows = (person: Person | null, permission: Permission): boolean =>
  person !== null && person.role !== "guest" && may(person.role, permission);

/** A guest sends, and that is all. */
const guestPages: ReadonlySet<Page> = new Set(["send", "confirm", "progress", "receipt", "join"]);
/** Pages of those alone who may. */
const needs: Partial<Record<Page, Permission>> = {
  admin: "administer",
  "admin-audit": "administer",
  invite: "invite",
  send: "send",
  confirm: "send",
  progress: "send",
};

/** The page that this person is shown under an address. */
export function shownPage(page: Page, person: Person | null): Page {
  if (page === "join") return page;
  if (person === null) return page === "setup" ? page : "sign-in";
  if (person.mustEnroll === true) return "enroll";
  const need = needs[page];
  const denied = person.role === "guest" ? !guestPages.has(page) : need !== undefined && !allows(person, need);
  if (!denied) return page;
  return person.role === "guest" || allows(person, "send") ? "send" : "activity";
}
