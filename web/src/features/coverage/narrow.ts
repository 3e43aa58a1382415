import { signal } from '@preact/signals'

const phone = matchMedia('(max-width: 767px)')
/** The page is as narrow as a phone: tables keep the columns that fit. */
export const narrow = signal(phone.matches)
phone.addEventListener('change', () => (narrow.value = phone.matches))

const small = matchMedia('(max-width: 1279px)')
/** The panel beside the map is too narrow for all columns. */
export const tight = signal(small.matches)
small.addEventListener('change', () => (tight.value = small.matches))
