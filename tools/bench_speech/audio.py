"""Reading, writing and altering audio with ffmpeg and numpy, the same bytes each time."""
import subprocess
import wave

import numpy as np

RATE = 16_000
SPEECH_FLOOR_DB = -55  # a 20 ms frame above it is speech, in the clean synthetic channels
LARGEST_PAUSE_S = 0.3  # a shorter pause belongs to the segment around it
SHORTEST_SEGMENT_S = 0.1


def decode(path, channels, rate=RATE):
    """The samples as floats from -1 to 1, one column to a channel."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "s16le", "-ac", channels,
               "-ar", rate, "-"]
    pcm = subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout
    return np.frombuffer(pcm, "<i2").reshape(-1, channels).astype(np.float64) / 32768


def write(path, samples, rate=RATE):
    """A WAV file of 16 bits; `samples` has one column to a channel, or one dimension."""
    samples = samples if samples.ndim == 2 else samples[:, None]
    pcm = np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return path


def resample(source, target, rate):
    """The same recording at another rate."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-ar", rate, target]
    subprocess.run([str(part) for part in command], check=True)
    return target


def speech_segments(samples, floor_db=SPEECH_FLOOR_DB):
    """Where one clean channel has speech: [(start_s, end_s)]."""
    frame = RATE // 50
    count = len(samples) // frame
    power = (samples[: count * frame].reshape(count, frame) ** 2).mean(axis=1)
    active = 10 * np.log10(power + 1e-12) > floor_db
    edges = np.diff(np.concatenate([[0], active.astype(int), [0]]))
    segments = []
    for start, end in zip(np.where(edges == 1)[0] / 50, np.where(edges == -1)[0] / 50):
        if segments and start - segments[-1][1] < LARGEST_PAUSE_S:
            segments[-1][1] = float(end)
        else:
            segments.append([float(start), float(end)])
    return [(start, end) for start, end in segments if end - start >= SHORTEST_SEGMENT_S]


def speech_power(samples):
    """The mean power of the frames with speech: those within 30 dB of the loudest."""
    frame = RATE // 50
    count = len(samples) // frame
    power = (samples[: count * frame].reshape(count, frame) ** 2).mean(axis=1)
    return float(power[power > power.max() / 1000].mean())


def level(samples, rms_db=-26):
    """The same audio with its speech at a given level."""
    return samples * 10 ** (rms_db / 20) / np.sqrt(speech_power(samples))


def pink_noise(length, seed):
    """Noise whose power falls by 3 dB per octave, as that of rooms does; of power 1."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, length)
    return noise / np.sqrt((noise ** 2).mean())


def with_noise(samples, snr_db, seed=1):
    """The recording with pink noise, at a ratio to the power of its speech."""
    power = speech_power(samples) / 10 ** (snr_db / 10)
    return samples + np.sqrt(power) * pink_noise(len(samples), seed)


def with_reverberation(samples, rt60_s=0.5, seed=2):
    """The recording in a room: the direct sound, and after 2 ms a decaying tail of
    the same energy, as some 2 m from the microphone of a meeting room."""
    length = int(rt60_s * RATE)
    time = np.arange(length) / RATE
    tail = np.random.default_rng(seed).standard_normal(length) * 10 ** (-3 * time / rt60_s)
    tail[: RATE // 500] = 0
    response = tail / np.sqrt((tail ** 2).sum())
    response[0] = 1
    size = len(samples) + length - 1
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: len(samples)] * np.sqrt((samples ** 2).mean() / (wet ** 2).mean())


def music(seconds):
    """Chords of plucked notes with four overtones, a new one each second."""
    time = np.arange(RATE) / RATE
    chords = [(220.0, 277.2, 329.6), (293.7, 370.0, 440.0), (246.9, 311.1, 370.0), (164.8, 207.7, 246.9)]
    bars = []
    for at in range(seconds):
        tones = [np.sin(2 * np.pi * note * harmonic * time) / harmonic ** 2
                 for note in chords[at % len(chords)] for harmonic in range(1, 6)]
        bars.append(sum(tones) * np.exp(-2 * time))
    whole = np.concatenate(bars)
    return whole / np.abs(whole).max() * 0.5
