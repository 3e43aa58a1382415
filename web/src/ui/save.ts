/** Hands a text to the browser as a file. */
export function saveFile(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  openDownload(address, name)
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Downloads an address of the server under a name. */
export function openDownload(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}
