/** After how many milliseconds a note says how restoring can be faster. */
export const SLOW_MS = 10_000;

/** What to do if recipes take long. */
export const HOW_TO_BE_FASTER =
  "--restore pickle reads the pickles instead, which may lack what the code adds; a module that is imported takes the time only once.";
