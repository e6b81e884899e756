import { type Api, ApiError } from "./api.ts";
import { LoginAnswer, TokenAnswer } from "./wire.ts";

/** Who sends: a token that was given, or a name and password to sign in with (again, when the token ends). */
export interface Credentials {
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Does the work with an access token, signing in when there is none yet or the one at hand has ended. */
export interface Session {
  withAccessToken<T>(work: (token: string) => Promise<T>): Promise<T>;
}

const ended = (error: unknown) => error instanceof ApiError && error.status === 401;

async function signIn(api: Api, username: string, password: string): Promise<string> {
  const answer = await api.call(
    { method: "POST", path: "/auth/login", json: { username, password }, attempts: 4 },
    LoginAnswer,
  );
  if (answer.totp_enrollment_required === true) {
    const detail =
      "This account must set up a second factor first; send with another account, or with RELAYPACS_TOKEN.";
    throw new ApiError(403, "totp_enrollment_required", detail);
  }
  return answer.access_token;
}

export function createSession(api: Api, { token, username, password }: Credentials): Session {
  let present = token;
  const renewable = username !== undefined && password !== undefined;
  const fresh = async () => {
    if (!renewable)
      throw new ApiError(401, "unauthorized", "The access token has ended; get a new one and run the same command.");
    present = await signIn(api, username, password);
    return present;
  };
  return {
    async withAccessToken(work) {
      const before = present;
      try {
        return await work(before ?? (await fresh()));
      } catch (error) {
        if (!ended(error) || !renewable || before === undefined) throw error;
        return await work(await fresh());
      }
    },
  };
}

/** The token of one upload; renewed once for all that need it at the same time. */
export interface UploadToken {
  use<T>(work: (token: string) => Promise<T>): Promise<T>;
}

export interface UploadTokenParts {
  readonly api: Api;
  readonly session: Session;
  readonly uploadId: string;
  /** Told of each new token, to keep it. */
  readonly changed: (token: string) => void;
  /** ms, monotonic */
  readonly now?: () => number;
}

/**
 * Renews itself at half its life: an upload may last longer than the access token that opened it (CONTRACT §3, token).
 * `expiresIn` in seconds; null where it is not known (left by an earlier run), then it is renewed at once.
 */
export function createUploadToken(parts: UploadTokenParts, initial: string, expiresIn: number | null): UploadToken {
  const { api, session, uploadId, changed, now = () => performance.now() } = parts;
  const halfLife = (seconds: number) => now() + seconds * 500;
  let present = initial;
  let renewAt = expiresIn === null ? now() : halfLife(expiresIn);
  let renewal: Promise<void> | null = null;

  const ask = (token: string) => api.call({ method: "POST", path: `/upload/${uploadId}/token`, token }, TokenAnswer);
  const fresh = async () => {
    const answer = await ask(present).catch((error: unknown) => {
      if (!ended(error)) throw error;
      return session.withAccessToken(ask);
    });
    present = answer.upload_token;
    renewAt = halfLife(answer.expires_in);
    changed(present);
  };
  const renew = () => {
    renewal ??= fresh().finally(() => {
      renewal = null;
    });
    return renewal;
  };
  return {
    async use(work) {
      // Where that fails, the present token still holds for a while; when it has ended, the work itself says so.
      if (now() >= renewAt) await renew().catch(() => {});
      const token = present;
      try {
        return await work(token);
      } catch (error) {
        if (!ended(error)) throw error;
        if (token === present) await renew(); // else another request was quicker
        return await work(present);
      }
    },
  };
}
