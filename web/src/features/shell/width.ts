/** How much room the page has, for what cannot be told by style alone. */
import { signal } from '@preact/signals'

const small = matchMedia('(max-width: 1023px)')
/** Below this width desks are for looking, commenting and approving. */
export const smallScreen = signal(small.matches)
small.addEventListener('change', () => (smallScreen.value = small.matches))
