import { roles } from "../../src/contract/permissions.ts";
import { signIn, signOut } from "../api/auth.ts";
import type { Api, SignedInUser } from "../api/http.ts";
import { joinByCode, listInvitations, makeInvitation, stopInvitation } from "../api/invitations.ts";
import { ApiError } from "../api/problem.ts";
import type { Inviting, JoinOutcome, Person, Session, SignInOutcome } from "./app.ts";

const personOf = (user: SignedInUser | null): Person | null => {
  const role = user?.role === "guest" ? "guest" : roles.find((name) => name === user?.role);
  return user === null || role === undefined
    ? null
    : {
        id: user.id,
        username: user.username,
        role,
        ...(user.mustEnroll === true ? { mustEnroll: true } : {}),
      };
};

const plainOutcomes = ["invalid_credentials", "totp_required", "totp_invalid", "setup_required"] as const;

/** The box's answers as the sign-in page's outcomes. */
function outcomeOf(error: unknown): SignInOutcome {
  if (!(error instanceof ApiError)) return { kind: "failed" };
  const { code } = error;
  const plain = plainOutcomes.find((kind) => kind === code);
  if (plain !== undefined) return { kind: plain };
  if (code === "too_many_attempts") return { kind: "too_many_attempts", retryAfterSeconds: error.retryAfter ?? 60 };
  return { kind: code === "network" ? "offline" : "failed" };
}

const joinOutcomes: Readonly<Record<string, JoinOutcome>> = {
  invitation_used: "used",
  invitation_expired: "ended",
  invitation_unknown: "unknown",
  network: "offline",
};

/** What staff do with QR sessions, by the box. */
export const createInviting = (api: Api): Inviting => ({
  make: (asked) => makeInvitation(api, asked),
  list: () => listInvitations(api),
  stop: (id) => stopInvitation(api, id),
});

/** Tells the other tabs that the person has left this device: no name stays on them. */
function leaving(api: Api): () => void {
  const tabs = new BroadcastChannel("relaypacs-left");
  tabs.onmessage = () => api.adopt(null);
  return () => tabs.postMessage("");
}

/** Who is signed in, as the screens see it. */
export function createSession(api: Api): Session {
  const left = leaving(api);
  return {
    get person() {
      return personOf(api.user);
    },
    get visit() {
      return api.visit;
    },
    join: (code) =>
      joinByCode(api, code).then(
        (): JoinOutcome => "ok",
        (error: unknown) => (error instanceof ApiError ? joinOutcomes[error.code] : undefined) ?? "failed",
      ),
    subscribe: (listener) => api.onUser(() => listener()),
    signIn: (credentials) => signIn(api, { ...credentials }).then((): SignInOutcome => ({ kind: "ok" }), outcomeOf),
    signOut: () => {
      left();
      return signOut(api);
    },
  };
}
