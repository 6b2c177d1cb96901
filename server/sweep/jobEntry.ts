/** Entry of a job's process, bundled to `job.js`: a sweep starts it and tells it by messages what to do. */
// First: a job is watched before anything else is loaded.
import '../processes/watched';

import { serveJobs } from './serveJobs';

/** Exit codes: of a defect, and of a second Ctrl-C. */
const FAILED = 1;
const INTERRUPTED = 130;

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort();
  });
}
serveJobs(stop).then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(FAILED));
  },
);
