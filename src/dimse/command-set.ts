import { encodeImplicit, type ImplicitSet, shortIn, shortValue, uidValue } from "./implicit-set.ts";

/** Command elements of PS3.7 E.1. */
export const CommandTag = {
  groupLength: 0x00000000,
  affectedSOPClassUID: 0x00000002,
  requestedSOPClassUID: 0x00000003,
  commandField: 0x00000100,
  messageID: 0x00000110,
  messageIDBeingRespondedTo: 0x00000120,
  priority: 0x00000700,
  dataSetType: 0x00000800,
  status: 0x00000900,
  affectedSOPInstanceUID: 0x00001000,
  requestedSOPInstanceUID: 0x00001001,
  eventTypeID: 0x00001002,
  actionTypeID: 0x00001008,
} as const;

/** Command fields; a response has the highest bit set. */
export const CommandField = {
  store: 0x0001,
  find: 0x0020,
  echo: 0x0030,
  eventReport: 0x0100,
  action: 0x0130,
  response: 0x8000,
} as const;

const PRESENT = 0x0001;
const MEDIUM = 0x0000;
export const NO_DATA_SET = 0x0101;

interface Request {
  readonly field: number;
  readonly sopClassUID: string;
  readonly messageID: number;
  readonly sopInstanceUID?: string;
  /** Of an N-ACTION: its SOP class and instance are those requested, and it has no priority (PS3.7 10.3.5). */
  readonly actionType?: number;
  readonly hasDataSet: boolean;
}

/** The command set of a request (PS3.7 9.3 and 10.3), its group length in front. */
export function requestCommand(request: Request): Buffer {
  const { field, sopClassUID, messageID, sopInstanceUID, actionType, hasDataSet } = request;
  const normalized = actionType !== undefined;
  const uid = (affected: number, requested: number, value: string): [number, Buffer] => [
    normalized ? requested : affected,
    uidValue(value),
  ];
  const elements: [number, Buffer][] = [
    uid(CommandTag.affectedSOPClassUID, CommandTag.requestedSOPClassUID, sopClassUID),
    [CommandTag.commandField, shortValue(field)],
    [CommandTag.messageID, shortValue(messageID)],
  ];
  if (hasDataSet && !normalized) elements.push([CommandTag.priority, shortValue(MEDIUM)]);
  elements.push([CommandTag.dataSetType, shortValue(hasDataSet ? PRESENT : NO_DATA_SET)]);
  if (sopInstanceUID !== undefined)
    elements.push(uid(CommandTag.affectedSOPInstanceUID, CommandTag.requestedSOPInstanceUID, sopInstanceUID));
  if (normalized) elements.push([CommandTag.actionTypeID, shortValue(actionType)]);
  return withGroupLength(elements);
}

/** The command set of a response without a data set: those elements of the request that PS3.7 9.3 and 10.3 repeat, and the status. */
export function responseCommand(request: ImplicitSet, status: number): Buffer {
  const repeated = (tag: number): [number, Buffer][] => {
    const value = request.get(tag);
    return value === undefined ? [] : [[tag, value]];
  };
  const field = (shortIn(request, CommandTag.commandField) ?? 0) | CommandField.response;
  return withGroupLength([
    ...repeated(CommandTag.affectedSOPClassUID),
    [CommandTag.commandField, shortValue(field)],
    [CommandTag.messageIDBeingRespondedTo, shortValue(shortIn(request, CommandTag.messageID) ?? 0)],
    [CommandTag.dataSetType, shortValue(NO_DATA_SET)],
    [CommandTag.status, shortValue(status)],
    ...repeated(CommandTag.affectedSOPInstanceUID),
    ...repeated(CommandTag.eventTypeID),
  ]);
}

function withGroupLength(elements: readonly [number, Buffer][]): Buffer {
  const rest = encodeImplicit(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(rest.length);
  return Buffer.concat([encodeImplicit([[CommandTag.groupLength, length]]), rest]);
}
