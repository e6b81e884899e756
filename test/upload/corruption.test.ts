import { expect, test } from "bun:test";
import { spoiledChunks } from "../../scripts/proof/p05-corruption.ts";
import { program } from "../support/child.ts";

/** P5, a tenth of `npm run proof`: what stands between sender and box spoils every request once. */
const count = 20;

for (const tls of program("openssl") === null ? [false] : [false, true])
  test(`a flipped bit or an early end on the way${tls ? ", below TLS" : ""}: refused, and received when sent again`, async () => {
    expect(await spoiledChunks(count, tls)).toEqual({ spoiled: count, accepted: 0 });
  }, 60_000);
