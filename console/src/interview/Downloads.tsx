import { useRef } from "preact/hooks";
import { bytes, type Interview, reason, type StepName } from "../api/client";
import { Icon } from "../ui/icons";
import { saveFile } from "../ui/save";
import { say } from "../ui/toasts";
import { useOpen } from "./store";

const FILES: [string, string, StepName][] = [
  ["Report (Word)", "report.docx", "report"],
  ["Report (HTML)", "report.html", "report"],
  ["Transcript (text)", "transcript.txt", "transcription"],
  ["Transcript (Markdown)", "transcript.md", "transcription"],
  ["Subtitles (SRT)", "transcript.srt", "transcription"],
  ["Subtitles (WebVTT)", "transcript.vtt", "transcription"],
  ["Transcript (JSON)", "transcript", "transcription"],
  ["Analysis (JSON)", "analysis", "analysis"],
  ["Waveform (JSON)", "waveform", "waveform"],
];

/** What can be taken away. */
export function Downloads() {
  const open = useOpen();
  const menu = useRef<HTMLDetailsElement>(null);
  const interview = open.interview.value;
  const there = FILES.filter(([, , step]) => interview?.steps[step].state === "done");
  if (!interview || !there.length) return null;
  return (
    <details
      ref={menu}
      class="menu"
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node)) event.currentTarget.open = false;
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !event.currentTarget.open) return;
        event.currentTarget.open = false;
        event.currentTarget.querySelector("summary")?.focus();
      }}
    >
      <summary>
        <Icon name="download" /> Download
      </summary>
      <ul>
        {there.map(([name, file]) => (
          <li key={file}>
            <button
              type="button"
              onClick={() => {
                if (menu.current) menu.current.open = false;
                void save(interview, file);
              }}
            >
              {name}
            </button>
          </li>
        ))}
        {interview.steps.report.state === "done" && (
          <li>
            <button
              type="button"
              onClick={() => {
                if (menu.current) menu.current.open = false;
                void open.retry("report");
              }}
            >
              Update report (includes your latest names and notes)
            </button>
          </li>
        )}
      </ul>
    </details>
  );
}

/** Fetched rather than linked to: a link cannot say who asks. */
async function save({ id, title }: Interview, file: string): Promise<void> {
  try {
    const answer = await bytes(`/v1/interviews/${id}/${file}`);
    const name = title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "interview";
    saveFile(await answer.blob(), `${name} ${file.includes(".") ? file : `${file}.json`}`);
  } catch (error) {
    say(`Not downloaded: ${reason(error)}`, { bad: true });
  }
}
