"""Transcribes with faster-whisper and writes JSON: `faster_whisper_child.py MODEL AUDIO OUT`

Two threads, int8, greedy, word timestamps; the times begin after the imports."""
import json
import sys
import time

from faster_whisper import WhisperModel

model_path, audio, out = sys.argv[1:4]
start = time.monotonic()
model = WhisperModel(model_path, device="cpu", compute_type="int8", cpu_threads=2)
loaded = time.monotonic()
segments, info = model.transcribe(audio, beam_size=1, word_timestamps=True)
segments = list(segments)
with open(out, "w") as file:
    json.dump({"load_s": loaded - start, "transcribe_s": time.monotonic() - loaded, "language": info.language,
               "text": " ".join(segment.text.strip() for segment in segments)}, file)
