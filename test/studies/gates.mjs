#!/usr/bin/env node
/** Which gate tells better what removing a channel does to the loss: `npm run study:gates -- MODEL DATA [SEEDS]`. */
import { bundleAndRun } from '../support/bundleAndRun.mjs';

await bundleAndRun('test/studies/gates.ts');
