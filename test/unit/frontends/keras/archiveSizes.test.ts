import { join } from 'node:path';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { readZip } from '../../../../server/frontends/keras/archive/zip';
import { temporaryFolder } from '../../../support/models';

it('the description in an archive is not unpacked where it claims to be larger than any', async () => {
  const bytes = zipSync({ 'config.json': new Uint8Array(65 * 2 ** 20) });
  const path = join(temporaryFolder({ 'net.keras': bytes }), 'net.keras');
  await expect(readZip(path)).rejects.toThrow(
    /^config\.json in net\.keras, unpacked, would take 65 MiB of memory; the limit is 64 MiB\./,
  );
});
