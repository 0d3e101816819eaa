import { expect, test } from "vitest";
import { parsePeaks } from "./peaks";

/** audiowaveform's format; the pairs are lowest and highest of each channel. */
function file(version: 1 | 2, channels: number, eightBit: boolean, values: number[]): ArrayBuffer {
  const header = version === 1 ? 20 : 24;
  const width = eightBit ? 1 : 2;
  const buffer = new ArrayBuffer(header + values.length * width);
  const view = new DataView(buffer);
  view.setInt32(0, version, true);
  view.setUint32(4, eightBit ? 1 : 0, true);
  view.setInt32(8, 16_000, true);
  view.setUint32(12, 160, true);
  view.setUint32(16, values.length / channels / 2, true);
  if (version === 2) view.setUint32(20, channels, true);
  values.forEach((value, at) =>
    eightBit ? view.setInt8(header + at, value) : view.setInt16(header + at * 2, value, true),
  );
  return buffer;
}

test("the loudest channel counts", () => {
  const peaks = parsePeaks(file(2, 2, false, [-100, 200, -16_384, 0, 0, 0, 0, 8_192]));
  expect(peaks.msPerPixel).toBe(10);
  expect([...peaks.loudness]).toEqual([0.5, 0.25]);
});

test("the first version and 8 bits are read", () => {
  expect([...parsePeaks(file(1, 1, true, [-64, 32, 0, 128 - 1])).loudness]).toEqual([0.5, 127 / 128]);
});
