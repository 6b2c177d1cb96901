/**
 * Runs node-gyp, which is named by its path, with the arguments after it. A process of its own, which ends with its parent, with
 * the compilers that it has started.
 */
import '../../../processes/watched';

process.argv.splice(1, 1);
require(process.argv[1]);
