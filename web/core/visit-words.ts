import type { Visit } from "../api/http.ts";
import { moment } from "./format.ts";
import { say } from "./text.ts";

/** The line above a guest's upload. */
export const visitWords = (visit: Visit, invitedBy: string): string =>
  say("visit", { name: invitedBy, time: moment(visit.endsAt) });
