/** Handlers of `AnswerService`. */
import { type Logger, serverStream, unary } from '@lyceum/platform';
import {
  AnswerTable,
  type DeleteAnswerTableRequest,
  type DeleteAnswerTableResponse,
  digestBytes,
  type ListAnswerTablesRequest,
  type ListAnswerTablesResponse,
  type VerifyAnswersRequest,
  type VerifyAnswersResponse,
} from '@lyceum/proto';
import { type StoredAnswers, TABLE_EXTENSION } from '../answers/index.js';
import type { AnswerVerifications } from '../evaluation/index.js';
import type { AnswerKeeper } from '../lifecycle/index.js';

export interface AnswerServiceParts {
  readonly keeper: AnswerKeeper;
  readonly verifications: AnswerVerifications;
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

export function answerService({ keeper, verifications, stopping, log }: AnswerServiceParts) {
  return {
    listAnswerTables: unary<ListAnswerTablesRequest, ListAnswerTablesResponse>(log, async () => ({
      tables: keeper.tables().map((table) => tableMessage(table, keeper)),
    })),
    deleteAnswerTable: unary<DeleteAnswerTableRequest, DeleteAnswerTableResponse>(
      log,
      async ({ id }) => {
        await keeper.delete(`${id}${TABLE_EXTENSION}`);
        return {};
      },
    ),
    verifyAnswers: serverStream<VerifyAnswersRequest, VerifyAnswersResponse>(
      log,
      (request, { signal }) => verifications.verify(request, signal),
      { stopping },
    ),
  };
}

function tableMessage(table: StoredAnswers, keeper: AnswerKeeper): AnswerTable {
  const { name, key, sizeBytes, lastUsedAtMs } = table;
  return AnswerTable.fromPartial({
    id: name.slice(0, -TABLE_EXTENSION.length),
    teacherIdentity: digestBytes(key.teacherIdentity),
    teacher: keeper.teacherName(table),
    datasetDigest: digestBytes(key.datasetDigest),
    view: key.view,
    viewEpoch: key.viewEpoch,
    outputs: [...key.outputs],
    codec: key.codec,
    sizeBytes,
    lastUsedAtMs: Math.round(lastUsedAtMs),
    neededBy: keeper.neededBy(table),
  });
}
