#!/usr/bin/env node
/** Plans of many runs on a cluster, in time and memory: `node test/bench/clusterPlan.mjs [runs]`. */
import { bundleAndRun } from '../support/bundleAndRun.mjs';

await bundleAndRun('test/bench/clusterPlan.ts');
