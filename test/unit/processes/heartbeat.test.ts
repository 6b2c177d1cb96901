import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HeartbeatOptions, watchHeartbeat } from '../../../server/processes/heartbeat';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(options: Partial<HeartbeatOptions>) {
  const onHang = vi.fn();
  const ping = vi.fn<() => Promise<unknown>>(options.ping ?? (() => new Promise(() => {})));
  const stop = watchHeartbeat({ interval: 10, patience: 3, isBusy: () => true, onHang, ...options, ping });
  return { onHang, ping, stop };
}

it('tells once that a busy process has not answered for as many looks as it has patience', async () => {
  const { onHang, ping } = watch({});
  await vi.advanceTimersByTimeAsync(39);
  expect(onHang).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onHang).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(100);
  expect(onHang).toHaveBeenCalledOnce();
  expect(ping).toHaveBeenCalledOnce();
});

it.each([
  ['answers', () => Promise.resolve()],
  ['answers with an error', () => Promise.reject(new Error('busy'))],
  ['answers late', () => new Promise((resolve) => setTimeout(resolve, 25))],
])('leaves a process alone that %s', async (_, ping) => {
  const { onHang } = watch({ ping });
  await vi.advanceTimersByTimeAsync(500);
  expect(onHang).not.toHaveBeenCalled();
});

it('asks nothing of a process without work, and nothing after it was stopped', async () => {
  const idle = watch({ isBusy: () => false });
  const stopped = watch({});
  await vi.advanceTimersByTimeAsync(15);
  stopped.stop();
  await vi.advanceTimersByTimeAsync(500);
  expect(idle.ping).not.toHaveBeenCalled();
  expect(idle.onHang).not.toHaveBeenCalled();
  expect(stopped.onHang).not.toHaveBeenCalled();
});
