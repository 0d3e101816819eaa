/** A browser may take a while to begin with it, as after asking where to. */
const TAKEN_MS = 60_000;

/** Saves a file where the browser puts what is downloaded. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_MS);
}
