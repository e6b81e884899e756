import type { UserView } from "../../src/contract/auth.ts";
import type { Order } from "../../src/contract/invitation.ts";
import { ApiError, networkError, problemOf } from "./problem.ts";

/** What a QR session's guest is told of it. */
export interface Visit {
  readonly siteName: string;
  readonly destination: string | null;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  readonly order: Order | null;
}
export interface SignedInUser {
  readonly id: string;
  /** Of a guest: who invited. */
  readonly username: string;
  readonly role: string;
  /** The box answers nothing but /auth/* before there is a second factor. */
  readonly mustEnroll?: boolean;
}
export type SignedIn = { visit?: Visit; access_token: string; expires_in: number; user: typeof UserView.static } & {
  totp_enrollment_required?: boolean;
};

export interface CallOptions {
  readonly body?: unknown;
  /** The body where it is JSON already. */
  readonly json?: string;
  /** This bearer instead of the session's; null: none. */
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** The answer is no JSON: its text is wanted. */
  readonly text?: true;
  /** Takes the text of an answer of success, for who wants it as it comes. */
  readonly read?: (answer: Response) => Promise<string>;
  /** For an answer that takes its time. */
  readonly patienceMs?: number;
}

/** The one way to the box. The access token lives in memory alone; the refresh cookie is the browser's own. */
export interface Api {
  /** Who is signed in; null before sign-in and after its end. */
  readonly user: SignedInUser | null;
  /** Of a QR session's guest. */
  readonly visit: Visit | null;
  /** Whether a token is at hand, so that requests can be made for this user now. */
  readonly ready: boolean;
  /** @throws ApiError the box's problem, or `network` */
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>;
  /** Takes a session that an answer brought, or ends the present one. */
  adopt(session: SignedIn | null, renewal?: () => Promise<SignedIn>): void;
  /** Asks for a fresh token, by the cookie unless the session brought another way; one at a time over all tabs, for a used cookie ends the session. @throws ApiError */
  refresh(): Promise<void>;
  /** Who was signed in last, where the box cannot be asked now. */
  assume(user: SignedInUser, visit?: Visit, renewal?: () => Promise<SignedIn>): void;
  /** Called when the user changes. @returns stops listening */
  onUser(listener: (user: SignedInUser | null) => void): () => void;
}

/** A connection that lost too many packets may not speak for minutes; a new one does. Every request can be made again. */
const usualPatienceMs = 30_000;
const patienceMsPerByte = 2;

/** @param base "" for the origin that served the page · @param patienceMs for an answer, before the body's share */
export function createApi(base = "", patienceMs = usualPatienceMs): Api {
  let token: string | null = null;
  let user: SignedInUser | null = null;
  let visit: Visit | null = null;
  let refreshing: Promise<void> | null = null;
  const listeners = new Set<(user: SignedInUser | null) => void>();

  const tell = (next: SignedInUser | null) => {
    if (next?.id === user?.id && next?.role === user?.role && next?.mustEnroll === user?.mustEnroll) return;
    user = next;
    for (const listener of listeners) listener(user);
  };

  async function once<T>(method: string, path: string, options: CallOptions, bearer: string | null): Promise<T> {
    const headers: Record<string, string> = { ...options.headers };
    if (bearer !== null) headers.authorization = `Bearer ${bearer}`;
    const body = options.json ?? (options.body === undefined ? null : JSON.stringify(options.body));
    if (body !== null) headers["content-type"] = "application/json";
    const late = AbortSignal.timeout((options.patienceMs ?? patienceMs) + (body?.length ?? 0) * patienceMsPerByte);
    const answer = await fetch(base + path, {
      method,
      headers,
      cache: "no-store",
      credentials: "same-origin",
      ...(body === null ? {} : { body }),
      signal: options.signal ? AbortSignal.any([options.signal, late]) : late,
    }).catch((error: unknown) => {
      throw options.signal?.aborted ? new ApiError("aborted", "Stopped.", 0) : networkErrorOf(error);
    });
    const read = answer.ok && options.read ? options.read(answer) : answer.text();
    const text = await read.catch((error: unknown) => Promise.reject(networkErrorOf(error)));
    if (!answer.ok) throw problemOf(answer.status, (name) => answer.headers.get(name), text);
    try {
      return (options.text ? text : text === "" ? undefined : JSON.parse(text)) as T;
    } catch {
      throw new ApiError("unexpected_answer", "The answer did not come from the hospital box.", answer.status);
    }
  }

  const byCookie = () => once<SignedIn>("POST", "/auth/refresh", {}, null);
  let renew = byCookie;

  const api: Api = {
    get user() {
      return user;
    },
    get visit() {
      return visit;
    },
    get ready() {
      return token !== null;
    },
    async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
      if (options.token !== undefined) return once<T>(method, path, options, options.token);
      if (token === null && user !== null) await api.refresh();
      const used = token;
      try {
        return await once<T>(method, path, options, used);
      } catch (error) {
        // Other 401s are about what was shown beside the token: a password, a code.
        if (!(error instanceof ApiError) || error.code !== "unauthorized" || used === null) throw error;
        if (token === used) await api.refresh(); // another call may have renewed it meanwhile
        return once<T>(method, path, options, token);
      }
    },
    adopt(session, renewal = byCookie) {
      renew = renewal;
      visit = session?.visit ?? null;
      token = session?.access_token ?? null;
      const mustEnroll = session?.totp_enrollment_required === true;
      tell(session === null ? null : mustEnroll ? { ...session.user, mustEnroll } : session.user);
    },
    refresh() {
      refreshing ??= alone(async () => {
        const before = user;
        try {
          const way = renew;
          const session = await way();
          if (before !== null && user?.id !== before.id) return; // signed out meanwhile
          api.adopt(session, way);
        } catch (error) {
          if (error instanceof ApiError && [401, 404, 410].includes(error.status)) api.adopt(null);
          throw error;
        }
      }).finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
    assume(last, known = undefined, renewal = byCookie) {
      renew = renewal;
      visit = known ?? null;
      tell(last);
    },
    onUser(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return api;
}

const networkErrorOf = (error: unknown) => (error instanceof ApiError ? error : networkError());

/** Tabs share the cookie: two that spend the same one at once would look like a theft of it. */
const alone = (work: () => Promise<void>): Promise<void> =>
  "locks" in navigator ? navigator.locks.request("relaypacs-refresh", work) : work();

/** Whether the page can be loaded anew: from the box, or from what this device keeps of it. */
export const pageThere = (): Promise<boolean> =>
  fetch("/").then(
    () => true,
    () => false,
  );
