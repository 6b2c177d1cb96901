/** Which graphics device a machine has, as far as its files tell; ONNX Runtime does not say what it computes on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Drivers that imitate a GPU on the CPU, by a part of their library's name. */
const SOFTWARE_DRIVERS = { swiftshader: 'SwiftShader', vulkan_lvp: 'llvmpipe' } as const;

/** Hardware drivers on Linux, by a part of their library's name. */
const HARDWARE_DRIVERS = {
  nvidia: 'NVIDIA GPU',
  vulkan_radeon: 'AMD GPU',
  amdvlk: 'AMD GPU',
  vulkan_intel: 'Intel GPU',
  vulkan_nouveau: 'NVIDIA GPU (nouveau)',
  vulkan_dzn: 'Direct3D 12 GPU',
  vulkan_: 'GPU',
} as const;

export interface GraphicsDevice {
  readonly name: string;
  readonly software: boolean;
}

/** Whether Linux shows a graphics device to programs (a card, an NVIDIA device, or Windows's GPU in WSL). */
export function hasDeviceNode(): boolean {
  const cards = existsSync('/dev/dri') ? readdirSync('/dev/dri').filter((name) => name.startsWith('renderD')) : [];
  return cards.length > 0 || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
}

/** Whether the user has chosen a Vulkan driver, which may be one in software. */
export function hasChosenDriver(env: NodeJS.ProcessEnv = process.env): boolean {
  return [env.VK_ICD_FILENAMES, env.VK_DRIVER_FILES, env.VK_ADD_DRIVER_FILES].some((value) => Boolean(value));
}

/** The device behind the drivers (shared libraries) that a process has loaded on Linux. */
export function deviceOfDrivers(libraries: readonly string[], deviceNode: boolean): GraphicsDevice {
  const files = libraries.map((path) => path.slice(path.lastIndexOf('/') + 1).toLowerCase());
  const find = (table: { readonly [part: string]: string }, names: readonly string[]): string | undefined =>
    Object.entries(table).find(([part]) => names.some((name) => name.includes(part)))?.[1];
  const isSoftware = (name: string): boolean => Object.keys(SOFTWARE_DRIVERS).some((part) => name.includes(part));
  const imitated = find(SOFTWARE_DRIVERS, files);
  const hardware = find(
    HARDWARE_DRIVERS,
    files.filter((name) => !isSoftware(name)),
  );
  // A hardware driver is loaded also where it has found no device.
  if (hardware && deviceNode) return { name: nvidiaModel() ?? hardware, software: false };
  return { name: `${imitated ?? 'Vulkan'} (software)`, software: true };
}

/** The model as NVIDIA's driver names it on Linux. */
function nvidiaModel(): string | undefined {
  const folder = '/proc/driver/nvidia/gpus';
  if (!existsSync(folder)) return undefined;
  const [first] = readdirSync(folder);
  const text = first === undefined ? '' : readFileSync(`${folder}/${first}/information`, 'utf8');
  return /^Model:\s*(.+)$/m.exec(text)?.[1].trim();
}
