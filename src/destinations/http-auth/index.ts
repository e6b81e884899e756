import type { AuthConfig } from "../../core/config-schema.ts";
import type { DestinationEnv } from "../env.ts";
import { awsSigV4 } from "./aws-sigv4.ts";
import { basicAuth } from "./basic.ts";
import { bearerAuth } from "./bearer.ts";
import { googleServiceAccount } from "./google-service-account.ts";
import type { HttpAuth, PeerAt } from "./http-auth.ts";
import { noAuth } from "./none.ts";
import { oauth2Client } from "./oauth2-client.ts";

type Scheme = AuthConfig["type"];
type ConfigOf<S extends Scheme> = Extract<AuthConfig, { type: S }>;

/** The one list of sign-in schemes. */
const schemes: { readonly [S in Scheme]: (config: ConfigOf<S>, env: DestinationEnv, peerAt: PeerAt) => HttpAuth } = {
  none: () => noAuth,
  basic: (config, env) => basicAuth(config.username, () => env.readSecret(config.password)),
  bearer: (config, env) => bearerAuth(() => env.readSecret(config.token)),
  "oauth2-client": oauth2Client,
  "google-service-account": googleServiceAccount,
  "aws-sigv4": awsSigV4,
};

/** The sign-in of a destination; none where the configuration names none. */
export function httpAuth(config: AuthConfig | undefined, env: DestinationEnv, peerAt: PeerAt): HttpAuth {
  const chosen = config ?? { type: "none" };
  const make = schemes[chosen.type] as (config: AuthConfig, env: DestinationEnv, peerAt: PeerAt) => HttpAuth;
  return make(chosen, env, peerAt);
}
