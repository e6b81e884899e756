import { encodeImplicit, shortValue, uidValue } from "./implicit-set.ts";

/** Command elements of PS3.7 E.1. */
export const CommandTag = {
  groupLength: 0x00000000,
  affectedSOPClassUID: 0x00000002,
  commandField: 0x00000100,
  messageID: 0x00000110,
  messageIDBeingRespondedTo: 0x00000120,
  priority: 0x00000700,
  dataSetType: 0x00000800,
  status: 0x00000900,
  affectedSOPInstanceUID: 0x00001000,
} as const;

/** Command fields; a response has the highest bit set. */
export const CommandField = { store: 0x0001, find: 0x0020, echo: 0x0030, response: 0x8000 } as const;

const PRESENT = 0x0001;
const MEDIUM = 0x0000;
export const NO_DATA_SET = 0x0101;

interface Request {
  readonly field: number;
  readonly sopClassUID: string;
  readonly messageID: number;
  readonly sopInstanceUID?: string;
  readonly hasDataSet: boolean;
}

/** The command set of a request (PS3.7 9.3), its group length in front. */
export function requestCommand({ field, sopClassUID, messageID, sopInstanceUID, hasDataSet }: Request): Buffer {
  const elements: [number, Buffer][] = [
    [CommandTag.affectedSOPClassUID, uidValue(sopClassUID)],
    [CommandTag.commandField, shortValue(field)],
    [CommandTag.messageID, shortValue(messageID)],
  ];
  if (hasDataSet) elements.push([CommandTag.priority, shortValue(MEDIUM)]);
  elements.push([CommandTag.dataSetType, shortValue(hasDataSet ? PRESENT : NO_DATA_SET)]);
  if (sopInstanceUID !== undefined) elements.push([CommandTag.affectedSOPInstanceUID, uidValue(sopInstanceUID)]);
  const rest = encodeImplicit(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(rest.length);
  return Buffer.concat([encodeImplicit([[CommandTag.groupLength, length]]), rest]);
}
