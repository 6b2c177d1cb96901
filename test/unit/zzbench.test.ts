import { it } from 'vitest';
import { openPythonData } from '/work/wt/data/server/frontends/torch/data/openData';
it('b', async () => {
  for (const workers of [1, 2]) {
    const d = await openPythonData({ file: '/tmp/dt/pics.py', exportName: 'data' }, { interpreter: { flag: '/work/wt/data/.cache/python/bin/python' }, workers, onOutput: console.log });
    const lists = Array.from({ length: 23 }, (_, b) => Array.from({ length: 64 }, (_, i) => (b * 64 + i) % 1500));
    await Promise.all(lists.slice(0, 4).map((indices) => d.read({ split: 'train', indices, seed: 0, epoch: 0 })));
    for (let r = 0; r < 2; r++) {
      const t = performance.now();
      let ahead = lists.slice(0, 4).map((indices) => d.read({ split: 'train', indices, seed: 0, epoch: r }));
      for (let k = 0; k < lists.length; k++) { await ahead.shift(); if (lists[k + 4]) ahead.push(d.read({ split: 'train', indices: lists[k + 4], seed: 0, epoch: r })); }
      console.log(workers, Math.round(lists.length * 64 / (performance.now() - t) * 1000));
    }
  }
}, 300000);
