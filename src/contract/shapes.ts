import { type TSchema, Type } from "@sinclair/typebox";

/** A body that has no other fields. */
export const closed = { additionalProperties: false } as const;
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
