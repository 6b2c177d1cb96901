#!/usr/bin/env node
/** Builds the check and runs it: `npm run gpu-check -- [--device cpu --small …]`; its options are told in `check.ts`. */
import { spawnSync } from 'node:child_process';
import { buildCheck } from './build.mjs';

const { status } = spawnSync(process.execPath, [await buildCheck(), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
