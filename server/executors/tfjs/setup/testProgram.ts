/**
 * Loads the native module that is named by its path, and compares what it computes with the reference. Says as one line of JSON on
 * the channel what it computes on, or what is wrong. A process of its own: a library that does not fit may take it along.
 */
import '../../../processes/watched';

import { writeSync } from 'node:fs';
import { CHANNEL_DESCRIPTOR } from '../../../processes/watchProcess';
import { selfTest } from '../../selfTest';
import { describeDevice, loadModule } from '../binding';
import { createExecutorOver } from '../executor';

async function test(path: string): Promise<{ device: string } | { problem: string }> {
  try {
    const binding = loadModule(path);
    const problem = await selfTest(createExecutorOver(binding));
    return problem === undefined ? { device: describeDevice(binding) } : { problem };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: `it cannot be loaded (${message.split('\n')[0].replace(/\.$/, '')})` };
  }
}

test(process.argv[2]).then((answer) => {
  writeSync(CHANNEL_DESCRIPTOR, JSON.stringify(answer));
  // TensorFlow's threads would keep the process.
  process.exit(0);
});
