/** Milliseconds of processor time that this process has had: unlike a clock, it does not tell how busy the machine is. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
