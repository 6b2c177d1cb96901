#!/usr/bin/env node
/** Which operations of a scoring lose what float32 loses: `npm run study:rounding -- MODEL DATA [options of prunelens score]`. */
import { bundleAndRun } from '../support/bundleAndRun.mjs';

await bundleAndRun('test/studies/rounding.ts');
