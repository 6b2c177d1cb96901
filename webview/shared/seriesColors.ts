/** The first so many are told apart also by people who do not see all colors. */
export const PLAIN_COLORS = 8;

/**
 * Colors of curves, in all charts of the editor and of reports. Each stands out on its background (a contrast of 3 and more). A color
 * comes twice only with more than sixteen curves.
 */
export const SERIES_COLORS = {
  light: [
    ...['#0075d2', '#dc710d', '#1b7961', '#cd4594', '#8d5b00', '#6594d9', '#6b3aa0', '#5c452e'],
    ...['#c02f18', '#559d0f', '#0b9d90', '#6d677e', '#5849e4', '#005a00', '#892157', '#998654'],
  ],
  dark: [
    ...['#679bc4', '#ec990f', '#3dc677', '#f2a8bb', '#eecf49', '#a6c6ff', '#a97cff', '#a7836c'],
    ...['#eb6c69', '#9ad533', '#4eddde', '#acb1a4', '#548aff', '#259f57', '#e449b4', '#d7d5c6'],
  ],
} as const satisfies { readonly [theme: string]: readonly string[] };
