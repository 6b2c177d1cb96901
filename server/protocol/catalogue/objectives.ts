/** What records say of objectives. */

/** What runs were for before it was recorded: a record that does not say it is equal to one that says this. */
export const FORMER_OBJECTIVE = 'cross-entropy';
