import { Type } from "@sinclair/typebox";

/** What of the box an administrator watches. */
export const topics = ["uploads", "deliveries", "destinations", "accounts", "box"] as const;
export type Topic = (typeof topics)[number];

/** How often something of each has changed since the start: what is not as before is to be read again. */
export const News = Type.Object({
  uploads: Type.Integer(),
  deliveries: Type.Integer(),
  destinations: Type.Integer(),
  accounts: Type.Integer(),
  box: Type.Integer(),
} satisfies Record<Topic, unknown>);
export type News = typeof News.static;
