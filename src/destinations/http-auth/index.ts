import type { AuthConfig } from "../../core/config-schema.ts";
import type { DestinationEnv } from "../env.ts";
import { basicAuth } from "./basic.ts";
import { bearerAuth } from "./bearer.ts";
import type { HttpAuth } from "./http-auth.ts";
import { noAuth } from "./none.ts";

type Scheme = AuthConfig["type"];
type ConfigOf<S extends Scheme> = Extract<AuthConfig, { type: S }>;

/** The one list of sign-in schemes. */
const schemes: { readonly [S in Scheme]: (config: ConfigOf<S>, env: DestinationEnv) => HttpAuth } = {
  none: () => noAuth,
  basic: (config, env) => basicAuth(config.username, () => env.readSecret(config.password)),
  bearer: (config, env) => bearerAuth(() => env.readSecret(config.token)),
};

/** The sign-in of a destination; none where the configuration names none. */
export function httpAuth(config: AuthConfig | undefined, env: DestinationEnv): HttpAuth {
  const chosen = config ?? { type: "none" };
  const make = schemes[chosen.type] as (config: AuthConfig, env: DestinationEnv) => HttpAuth;
  return make(chosen, env);
}
