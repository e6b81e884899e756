import { Type } from "@sinclair/typebox";

/** How often something of what an administrator watches has changed since the start: what is not as before is to be read again. */
export const News = Type.Object({
  uploads: Type.Integer(),
  deliveries: Type.Integer(),
  destinations: Type.Integer(),
  accounts: Type.Integer(),
  box: Type.Integer(),
});
export type News = typeof News.static;
export type Topic = keyof News;
