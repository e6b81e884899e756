import type { ReceiptDelivery, SignedReceipt } from "../contract/receipt.ts";

/** A4 with margins, black on white; long UIDs and hashes break anywhere, a table's head stands on every page, a row on one. */
const style = `
@page { size: A4; margin: 15mm }
* { box-sizing: border-box }
body { max-width: 180mm; margin: 1rem auto; padding: 0 .5rem; font: 10pt/1.4 system-ui, sans-serif; color: #111; background: #fff }
h1 { font-size: 15pt; margin: 0 0 .5rem }
h2 { font-size: 11pt; margin: 1.2rem 0 .2rem }
h1, h2, h3 { break-after: avoid }
h3 { font-size: 10pt; margin: .8rem 0 .2rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 }
dt { color: #555 }
dd { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 8pt }
thead { display: table-header-group }
tr { break-inside: avoid }
th, td { text-align: left; vertical-align: top; padding: .15rem .3rem; border-bottom: 1px solid #bbb; overflow-wrap: anywhere }
code { font: 8pt/1.3 ui-monospace, monospace }
footer { margin-top: 1.5rem; border-top: 1px solid #111; padding-top: .5rem; break-inside: avoid }
@media print { body { margin: 0; padding: 0 } }
`;
/** For style-src: the page needs this one style and nothing else. */
export const receiptStyleHash = `sha256-${new Bun.CryptoHasher("sha256").update(style).digest("base64")}`;

const text = (value: string): string => value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const code = (value: string): string => `<code>${text(value)}</code>`;
const facts = (rows: readonly (readonly [string, string])[]): string =>
  `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`;
const verifiedBy = { query: "found there when asked", peer: "by its word" } as const;

function delivery(it: ReceiptDelivery): string {
  const rows = it.instances.map(
    (one) =>
      `<tr><td>${code(one.sop_instance_uid)}</td><td>${code(one.sha256)}</td><td>${text(one.answer)}${one.corrected === undefined ? "" : `; corrected: ${one.corrected.join(", ")}`}</td>` +
      `<td>${verifiedBy[one.verified_by]}</td><td>${text(one.time)}</td></tr>`,
  );
  const told = [
    ["State", text(it.state)],
    ["Images confirmed", String(it.instances.length)],
    ...(it.via === null ? [] : [["Taken by", text(it.via)] as const]),
    ...(it.earlier_receipt_id === null ? [] : [["Proven by receipt", code(it.earlier_receipt_id)] as const]),
  ] as const;
  const head = ["SOP Instance UID", "SHA-256", "Answer", "Verified", "Time (UTC)"].map((name) => `<th>${name}</th>`);
  const table = `<table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
  return `<h3>To ${text(it.destination_id)}</h3>${facts(told as readonly (readonly [string, string])[])}${rows.length > 0 ? table : ""}`;
}

/** A receipt to be printed and kept. No patient is on it; what proves it is the JSON document of the same number. */
export function receiptPage({ signature, ...receipt }: SignedReceipt): string {
  const studies = receipt.studies.map(
    (study) => `<h2>Study ${code(study.study_instance_uid)}</h2>${study.deliveries.map(delivery).join("\n")}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>Receipt ${text(receipt.receipt_id)}</title>
<style>${style}</style>
</head>
<body>
<h1>${text(receipt.site_name)}: proof of delivery</h1>
${facts([
  ["Receipt", code(receipt.receipt_id)],
  ["Upload", code(receipt.upload_id)],
  ["Given", text(receipt.created_at)],
])}
${studies.join("\n")}
<footer>
${facts([
  ["Signed by", code(signature.fingerprint)],
  ["Signature", code(signature.jws)],
])}
<p>The signature is over the JSON document of this receipt: <code>relaypacs receipt verify FILE</code> checks it without a network,
<code>relaypacs receipt key</code> says on the box which fingerprint is its own.</p>
</footer>
</body>
</html>
`;
}
