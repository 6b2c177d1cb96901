/** The state of a page: events go in, a reducer makes the next state of them, and listeners are told. */

/** Makes the next state of an event; the same object where nothing changes. No side effects. */
export type Reducer<State, Event> = (state: State, event: Event) => State;

export interface Store<State, Event> {
  state(): State;
  dispatch(event: Event): void;
  /** Calls `changed` after each event that made another state. */
  onChange(changed: () => void): void;
}

export function createStore<State, Event>(reduce: Reducer<State, Event>, first: State): Store<State, Event> {
  let state = first;
  const listeners: (() => void)[] = [];
  return {
    state: () => state,
    dispatch(event) {
      const next = reduce(state, event);
      if (next === state) return;
      state = next;
      for (const changed of listeners) changed();
    },
    onChange: (changed) => void listeners.push(changed),
  };
}

/** Calls `act` with what `select` finds in the state whenever that is another one, undefined apart. Compared as JSON. */
export function whenChanged<State, Event, Value>(
  store: Store<State, Event>,
  select: (state: State) => Value | undefined,
  act: (value: Value) => void,
): void {
  let last: string | undefined;
  store.onChange(() => {
    const value = select(store.state());
    const key = JSON.stringify(value);
    if (key === last) return;
    last = key;
    if (value !== undefined) act(value);
  });
}
