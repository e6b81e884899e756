import { type Static, Type } from "@sinclair/typebox";
import { uploadStates } from "../../contract/states.ts";

/** What `send` reads of the server's answers (CONTRACT §3); members it does not need may come and go. */
const Ranges = Type.Array(Type.Tuple([Type.Integer({ minimum: 0 }), Type.Integer({ minimum: 0 })]));

export const LoginAnswer = Type.Object({
  access_token: Type.String(),
  totp_enrollment_required: Type.Optional(Type.Boolean()),
});

export const InitAnswer = Type.Object({
  upload_id: Type.String({ pattern: "^[A-Za-z0-9-]+$" }),
  upload_token: Type.String(),
  expires_in: Type.Number(),
  chunk_size: Type.Integer({ minimum: 4096 }),
  max_request_bytes: Type.Integer({ minimum: 4096 }),
  files: Type.Array(Type.Object({ file_id: Type.String(), state: Type.String() })),
});

export const TokenAnswer = Type.Object({ upload_token: Type.String(), expires_in: Type.Number() });
export const ChunkAnswer = Type.Object({ file_id: Type.String(), received_chunk_index: Type.Integer() });
export const CompleteAnswer = Type.Object({ status: Type.String() });

const Fault = Type.Union([Type.Null(), Type.Object({ code: Type.String(), message: Type.String() })]);
export const StatusAnswer = Type.Object({
  upload_id: Type.String(),
  state: Type.Union(uploadStates.map((state) => Type.Literal(state))),
  files: Type.Array(Type.Object({ file_id: Type.String(), missing: Ranges })),
  studies: Type.Array(
    Type.Object({
      study_instance_uid: Type.String(),
      instance_count: Type.Integer(),
      state: Type.String(),
      deliveries: Type.Array(
        Type.Object({
          destination_id: Type.String(),
          state: Type.String(),
          delivered_instances: Type.Integer(),
          total_instances: Type.Integer(),
          error: Fault,
        }),
      ),
    }),
  ),
  warnings: Type.Array(
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      file_name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
  ),
  error: Fault,
  pacs_receipt_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type Status = Static<typeof StatusAnswer>;

/** The body of 409 `upload_incomplete`. */
export const Incomplete = Type.Object({
  missing: Type.Array(Type.Object({ file_id: Type.String(), missing: Ranges })),
});
export type MissingChunks = Static<typeof Incomplete>["missing"];
