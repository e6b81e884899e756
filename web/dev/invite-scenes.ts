import type { InvitationList, InvitationView } from "../../src/contract/invitation.ts";
import type { Visit } from "../api/http.ts";
import type { Inviting, JoinOutcome } from "../core/app.ts";
import type { Scene } from "./scenes.ts";
import { draft, queued } from "./stub-queue.ts";

/** What the stubs of QR sessions say. */
export interface Scenery {
  readonly visit?: Visit | null;
  readonly join?: JoinOutcome;
  readonly invitations?: readonly InvitationView[];
}

const visit: Visit = {
  siteName: "North",
  destination: "north",
  endsAt: Date.now() + 3_600_000,
  order: { patient_id: "P-77", patient_birth_date: "19610204", accession_number: "A-1" },
};
const invitation = (over: Partial<InvitationView>): InvitationView => ({
  invitation_id: "i",
  label: "Ambulance 3",
  destination_id: null,
  invited_by: "meier",
  state: "open",
  created_at: new Date().toISOString(),
  expires_at: new Date(Date.now() + 900_000).toISOString(),
  used_at: null,
  upload_id: null,
  ...over,
});

export const inviteScenes: Readonly<Record<string, Scene>> = {
  invite: {
    hash: "#/invite",
    scenery: {
      invitations: [
        invitation({ invitation_id: "j" }),
        invitation({ invitation_id: "k", label: "", state: "used", used_at: new Date().toISOString() }),
      ],
    },
  },
  join: { hash: "#/join", scenery: { visit } },
  "join-used": { hash: "#/join/abc", out: true, scenery: { join: "used" } },
  "join-offline": { hash: "#/join/abc", out: true, scenery: { join: "offline" } },
  "join-ended": { hash: "#/join", out: true },
  "guest-upload": { hash: "#/send", scenery: { visit } },
  "guest-sent": { hash: "#/send", scenery: { visit }, prepare: (queue) => queue.set([queued()]) },
  "guest-confirm": {
    hash: "#/confirm",
    scenery: { visit },
    prepare: (_, app) => app.choice.take({ studies: [draft()], leftOut: 0, unreadable: [] }),
  },
};

const square =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path fill="#fff" d="M0 0h2v2H0z"/><path d="M0 0h1v1H0z"/></svg>';

export function stubInviting({ invitations = [] }: Scenery): Inviting {
  let rows = [...invitations];
  return {
    make: () => {
      rows = [invitation({}), ...rows];
      const payload = {
        endpoint_id: "default",
        upload_token: "x",
        expires_at: new Date(Date.now() + 900_000).toISOString(),
      };
      return Promise.resolve({ invitation_id: "i", url: "http://localhost/#/join/x", qr_svg: square, payload });
    },
    list: (): Promise<InvitationList> => Promise.resolve({ invitations: rows, destination_ids: ["north", "legacy"] }),
    stop: (id) => {
      rows = rows.map((row) => (row.invitation_id === id ? { ...row, state: "ended" as const } : row));
      return Promise.resolve();
    },
  };
}
