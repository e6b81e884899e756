import { del, get, set } from "idb-keyval";
import type { Login } from "../../src/contract/auth.ts";
import type { Api, SignedIn, SignedInUser } from "./http.ts";
import { forgetTicket, restoreGuest } from "./invitations.ts";
import { ApiError } from "./problem.ts";

const LAST_USER = "last-user";

/** @throws ApiError invalid_credentials, totp_required, totp_invalid, too_many_attempts, network */
export async function signIn(api: Api, login: Login): Promise<SignedIn> {
  const session = await api.call<SignedIn>("POST", "/auth/login", { body: login, token: null });
  await adoptSession(api, session);
  return session;
}

/** Goes on as the person whom the box has signed in. */
export async function adoptSession(api: Api, session: SignedIn): Promise<void> {
  api.adopt(session);
  await remember(session.user);
}

/**
 * Takes up the session of this browser after a reload or a restart. Without a network the last user stands, so that work can go on.
 * @returns who is signed in, null where nobody is
 */
export async function restoreSession(api: Api): Promise<SignedInUser | null> {
  if (await restoreGuest(api)) return api.user;
  const last = await get<SignedInUser>(LAST_USER).catch(() => undefined);
  if (last === undefined) return null;
  api.assume(last); // the screens need not wait for a bad network
  try {
    await api.refresh();
    if (api.user !== null) await remember(api.user);
    return api.user;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      await forget();
      return null;
    }
    return last;
  }
}

/** Ends the session: here at once, also where the box cannot be told. Its uploads go on with tokens of their own. */
export async function signOut(api: Api): Promise<void> {
  await forget();
  // without a token at hand the cookie says whose session it is: none is fetched for it
  const told = api.call("POST", "/auth/logout", api.ready ? {} : { token: null });
  api.adopt(null);
  await told.catch(() => undefined);
}

const remember = ({ id, username, role }: SignedInUser) =>
  set(LAST_USER, { id, username, role }).catch(() => undefined);
const forget = () => Promise.all([del(LAST_USER).catch(() => undefined), forgetTicket()]);
