import type { CallHandler } from '../session';

/** Frees a score's memory. */
export const forget: CallHandler<'forget'> = ({ scoreId }, { session }) => {
  session.scores.forget(scoreId);
  return null;
};
