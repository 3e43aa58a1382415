import { signal } from '@preact/signals'

const phone = matchMedia('(max-width: 767px)')
/** The page is as narrow as a phone: tables keep the columns that fit. */
export const narrow = signal(phone.matches)
phone.addEventListener('change', () => (narrow.value = phone.matches))
