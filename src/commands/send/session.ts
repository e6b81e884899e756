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

/** The token of one upload; renewed once for all that find it ended at the same time. */
export interface UploadToken {
  use<T>(work: (token: string) => Promise<T>): Promise<T>;
}

export function createUploadToken(
  api: Api,
  session: Session,
  uploadId: string,
  initial: string,
  changed: (token: string) => void,
): UploadToken {
  let present = initial;
  let renewal: Promise<string> | null = null;
  const ask = async () => {
    const renew = (token: string) =>
      api.call({ method: "POST", path: `/upload/${uploadId}/token`, token }, TokenAnswer);
    const { upload_token } = await session.withAccessToken(renew);
    present = upload_token;
    changed(present);
    return present;
  };
  const renew = (old: string) => {
    if (old !== present) return Promise.resolve(present); // another request was quicker
    renewal ??= ask().finally(() => {
      renewal = null;
    });
    return renewal;
  };
  return {
    async use(work) {
      const token = present;
      try {
        return await work(token);
      } catch (error) {
        if (!ended(error)) throw error;
        return await work(await renew(token));
      }
    },
  };
}
