/** Ports of the debugger, to which .vscode/launch.json attaches. */
export const INSPECTOR_PORTS = { server: 6009, worker: 6010, training: 6011 } as const;

/**
 * Environment variable with the port of the compute process's inspector; that of the process of trainings is the next one. Without
 * it there are none.
 */
export const INSPECT_WORKER = 'PRUNELENS_INSPECT_WORKER';
