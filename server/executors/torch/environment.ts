/** The environment of the Python that computes. */

/** What glibc gives back to the system, it has to ask for again at the next step, page by page. */
const KEEP_MEMORY = {
  MALLOC_TRIM_THRESHOLD_: String(2 ** 36),
  MALLOC_MMAP_THRESHOLD_: String(2 ** 32),
  MALLOC_TOP_PAD_: String(2 ** 26),
};

/** The interface by which gloo reaches this machine, by platform. */
const LOOPBACK = { linux: { GLOO_SOCKET_IFNAME: 'lo' }, darwin: { GLOO_SOCKET_IFNAME: 'lo0' } }[
  process.platform as 'linux' | 'darwin'
];

/** That of this process, in which what the user has set stays. */
export function pythonEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...KEEP_MEMORY,
    // The products of cuBLAS give the same bits again only with this.
    CUBLAS_WORKSPACE_CONFIG: ':4096:8',
    // Processes that compute together are on this machine, whatever its name resolves to.
    ...LOOPBACK,
    ...environment,
  };
}
