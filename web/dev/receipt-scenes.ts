import type { SignedReceipt } from "../../src/contract/receipt.ts";
import { ApiError } from "../api/problem.ts";
import type { Receipts } from "../api/receipts.ts";
import type { Scene } from "./scenes.ts";
import { queued, status } from "./stub-queue.ts";

const id = "8f2a0000-0000-4000-8000-000000000000";
const image = (n: number) => ({
  sop_instance_uid: `2.25.329800735698586629295641978511506172918.${n}`,
  destination_id: "north",
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  answer: "200 stored",
  verified_by: n === 1 ? ("peer" as const) : ("query" as const),
  time: "2026-11-21T14:07:00.000Z",
  ...(n === 1 ? { corrected: ["PatientID", "PatientName"] } : {}),
});
const receipt: SignedReceipt = {
  receipt_id: id,
  upload_id: "0b9c2a40-1c1e-4c57-9a3c-0c2a8f1d1111",
  created_at: "2026-11-21T14:07:01.000Z",
  site_name: "North Hospital",
  studies: [
    {
      study_instance_uid: "2.25.329800735698586629295641978511506172917",
      deliveries: [
        {
          delivery_id: "d",
          destination_id: "north",
          via: "legacy",
          state: "delivered",
          earlier_receipt_id: null,
          instances: [image(1), image(2), image(3)],
        },
        {
          delivery_id: "e",
          destination_id: "archive",
          via: null,
          state: "delivered",
          earlier_receipt_id: "11111111-0000-4000-8000-000000000000",
          instances: [],
        },
      ],
    },
  ],
  signature: {
    jws: "eyJhbGciOiJFZERTQSJ9..c2lnbmF0dXJl",
    public_key: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    fingerprint: "SHA256:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
  },
};

export const receiptScenes: Readonly<Record<string, Scene>> = {
  receipt: { hash: `#/receipt/${id}` },
  /** Asked by the box of images without a birth date. */
  "confirm-lacking": {
    hash: "#/confirm/one",
    prepare: (queue) => {
      const asked = status("needs_confirmation", []);
      const studies = asked.studies.map((study) => ({ ...study, patient_birth_date: "" }));
      queue.set([queued({ state: "needs_you", cause: "confirmation", status: { ...asked, studies } })]);
    },
  },
  "receipt-gone": { hash: "#/receipt/gone" },
};

export const stubReceipts: Receipts = {
  read: (wanted) =>
    wanted === id
      ? Promise.resolve(receipt)
      : Promise.reject(new ApiError("not_found", "There is no such thing.", 404)),
};
