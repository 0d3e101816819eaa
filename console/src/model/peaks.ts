// The pre-computed waveform: audiowaveform's binary format, versions 1 and 2
// (https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md).

export interface Peaks {
  /** The loudest of all channels in each pixel, 0 to 1. */
  loudness: Float32Array;
  msPerPixel: number;
}

export function parsePeaks(buffer: ArrayBuffer): Peaks {
  const view = new DataView(buffer);
  // The first version is always of one channel, and its header does not say so.
  const [header, channels] = view.getInt32(0, true) === 1 ? [20, 1] : [24, view.getUint32(20, true)];
  const eightBit = (view.getUint32(4, true) & 1) === 1;
  const [rate, perPixel] = [view.getInt32(8, true), view.getUint32(12, true)];
  const length = view.getUint32(16, true);
  const values = eightBit
    ? new Int8Array(buffer, header, length * channels * 2)
    : new Int16Array(buffer, header, length * channels * 2);
  const full = eightBit ? 128 : 32_768;
  const loudness = new Float32Array(length);
  for (let pixel = 0; pixel < length; pixel += 1) {
    let most = 0;
    for (let at = pixel * channels * 2; at < (pixel + 1) * channels * 2; at += 1) {
      most = Math.max(most, Math.abs(values[at]!));
    }
    loudness[pixel] = most / full;
  }
  return { loudness, msPerPixel: (perPixel * 1000) / rate };
}
