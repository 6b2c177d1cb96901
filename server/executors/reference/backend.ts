import type { Backend } from '../types';

export const referenceBackend: Backend = {
  name: 'reference',
  title: 'Reference (float64, slow)',
  description: 'The slow float64 reference, for checking.',
  identity: () => 'reference',
  probe: async () => ({ available: true, device: 'float64 interpreter', software: true }),
  open: async () => (await import('.')).createReferenceExecutor(),
};
