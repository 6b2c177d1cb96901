/** The name of a backend that leaves the choice to what is found. */
export const AUTO = 'auto';
