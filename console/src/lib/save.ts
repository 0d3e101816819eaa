/** A browser may take a while to begin a download, as after asking where to store it. */
const TAKEN_MS = 60_000;

/** Saves a file where the browser puts downloads. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_MS);
}
