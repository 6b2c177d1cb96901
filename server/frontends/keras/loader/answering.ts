/** How a loader gives its answer: in a frame, on the channel to the process that started it. */
import { writeSync } from 'node:fs';
import { CHANNEL_DESCRIPTOR } from '../../../processes/watchProcess';
import { encodeAnswer } from '../loaderAnswer';
import type { LoadAnswer } from '../loaderProtocol';

export function writeAnswer(message: LoadAnswer): void {
  for (const piece of encodeAnswer(message)) {
    for (let written = 0; written < piece.byteLength; ) written += writeSync(CHANNEL_DESCRIPTOR, piece, written);
  }
}
