import { afterEach, expect } from "bun:test";
import type { CStoreConfig, StowRsConfig } from "../../src/core/config-schema.ts";
import { type Destination, DestinationError } from "../../src/destinations/destination.ts";
import { type FakePacs, type FakePacsOptions, startFakePacs } from "../../src/fake-pacs/server.ts";
import { type FakeScp, type ScpBehaviour, startFakeScp } from "../support/fake-scp.ts";
import { destination } from "./harness.ts";

/** Starts fake archives with a STOW-RS destination for each; after every test they end, and none may have seen a violation. */
export function stowFakes(): (options?: FakePacsOptions) => Promise<{
  readonly fake: FakePacs;
  readonly at: (change?: Partial<StowRsConfig>, maxAnswerBytes?: number) => Destination;
}> {
  const started: FakePacs[] = [];
  afterEach(async () => {
    for (const fake of started.splice(0)) {
      expect(fake.violations).toEqual([]);
      await fake.stop();
    }
  });
  return async (options = {}) => {
    const fake = await startFakePacs(options);
    started.push(fake);
    const config: StowRsConfig = { id: "fake", kind: "stow-rs", url: `${fake.dicomWebUrl}/` };
    return { fake, at: (change = {}, cap) => destination({ ...config, ...change }, undefined, cap) };
  };
}

/** Starts scripted storage SCPs with a C-STORE destination for each; after every test they end, and none may have seen a violation. */
export function scpFakes(): (behaviour?: ScpBehaviour) => Promise<{
  readonly fake: FakeScp;
  readonly at: (change?: Partial<CStoreConfig>) => Destination;
}> {
  const started: FakeScp[] = [];
  afterEach(async () => {
    for (const fake of started.splice(0)) {
      expect(fake.violations).toEqual([]);
      await fake.stop();
    }
  });
  return async (behaviour = {}) => {
    const fake = await startFakeScp(behaviour);
    started.push(fake);
    const to = { host: "127.0.0.1", port: fake.port, called_ae_title: "FAKE" };
    const config: CStoreConfig = { id: "fake", kind: "c-store", ...to };
    return { fake, at: (change = {}) => destination({ ...config, ...change }) };
  };
}

/** An error's code and whether it may be tried again, in one line. */
export const codeOf = (error: unknown): unknown =>
  error instanceof DestinationError ? `${error.code} ${error.retryable}` : error;

export const results = (told: { readonly outcomes: readonly { readonly result: string }[] }): string[] =>
  told.outcomes.map(({ result }) => result);
