import { Elysia } from "elysia";
import { RelayError } from "../../core/errors.ts";
import { uploadsWithReceipt } from "../../db/receipts.ts";
import { receiptOf } from "../../forward/receipt.ts";
import type { HttpContext } from "../context.ts";
import { receiptPage, receiptStyleHash } from "../receipt-page.ts";

/** Who names HTML before JSON, as browsers do (RFC 9110 12.5.1). */
const wantsPage = (request: Request): boolean => /^[^,]*text\/html/.test(request.headers.get("accept") ?? "");
const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src '${receiptStyleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  vary: "accept",
};

/** The proof of delivery, per instance. */
export function receiptRoutes({ db, guard, config, receiptSigner }: HttpContext) {
  const sees = (request: Request, uploadId: string): boolean => {
    try {
      guard.upload(request, uploadId, "see");
      return true;
    } catch (error) {
      if (error instanceof RelayError) return false;
      throw error;
    }
  };

  return new Elysia().get(
    "/receipts/:id",
    async ({ params, request }) => {
      const receipt = receiptOf(db, params.id);
      // A repeat is proven by the receipt of then, whoever sent it: it is also the repeat's own.
      const mine = uploadsWithReceipt(db.orm, params.id).some((uploadId) => sees(request, uploadId));
      if (!receipt || !mine) throw new RelayError("not_found");
      const signed = await receiptSigner.sign({ ...receipt, site_name: config().site_name });
      return wantsPage(request) ? new Response(receiptPage(signed), { headers: pageHeaders }) : signed;
    },
    {
      detail: {
        summary: "A receipt, signed: the JSON document, or with Accept: text/html a page to be printed",
        responses: { 200: { description: "The receipt" } },
      },
    },
  );
}
