import type { Role } from "../../src/contract/permissions.ts";
import type { Word } from "./text.ts";

/** What a role is called. */
export const roleWords: Readonly<Record<Role | "guest", Word>> = {
  clinician: "role_clinician",
  radiographer: "role_radiographer",
  radiologist: "role_radiologist",
  admin: "role_admin",
  guest: "role_guest",
};
