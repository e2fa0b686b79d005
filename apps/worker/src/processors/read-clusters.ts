import type { PayloadOf, Processor } from '@quartermaster/jobs';
import { toErrorRecord } from '@quartermaster/foundation';
import { answerQuestion, type QuestionParts } from '../couchdb/answer-question.js';

/** Answers a question about an account's CouchDB clusters. */
export function createReadClusters(parts: QuestionParts): Processor<PayloadOf<'read-clusters'>> {
  return {
    run: ({ question_id }, { journal, log }) => answerQuestion(parts, question_id, journal.guard, log),
    giveUp: ({ question_id }, error) =>
      parts.work.answer(question_id, { state: 'failed', error: toErrorRecord(error) }),
  };
}
