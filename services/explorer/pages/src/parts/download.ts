/** Gives the browser a file to keep. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // By then it is being saved.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
