import { type FakeKind, kindRules, type SignInKind } from "./rules.ts";
import type { FakePacs } from "./server.ts";
import { rehearsal } from "./tokens.ts";

/** The `auth` of a destination that signs in at this archive; null where it lets everyone in. */
export function rehearsalAuth(pacs: FakePacs, kind: FakeKind, signIn: SignInKind = kindRules[kind].signIn) {
  const { clientId, clientSecret, scope, region, accessKeyId, secretAccessKey } = rehearsal;
  const auths = {
    none: null,
    client: {
      type: "oauth2-client",
      token_url: pacs.tokenUrl,
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    },
    "service-account": { type: "google-service-account", key: pacs.keyFile },
    sigv4: { type: "aws-sigv4", region, access_key_id: accessKeyId, secret_access_key: secretAccessKey },
  } as const;
  return auths[signIn];
}
