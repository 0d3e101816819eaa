import { bytes, type Interview, type StepName } from "../api/client";
import { reason } from "../api/errors";
import { text } from "../i18n/en";
import { saveFile } from "../lib/save";
import { useInterview } from "../stores/interview/InterviewStore";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/toasts";

const FILES: [string, string, StepName][] = [
  [text.downloads.report_docx, "report.docx", "report"],
  [text.downloads.report_html, "report.html", "report"],
  [text.downloads.txt, "transcript.txt", "transcription"],
  [text.downloads.md, "transcript.md", "transcription"],
  [text.downloads.srt, "transcript.srt", "transcription"],
  [text.downloads.vtt, "transcript.vtt", "transcription"],
  [text.downloads.transcript, "transcript", "transcription"],
  [text.downloads.analysis, "analysis", "analysis"],
  [text.downloads.waveform, "waveform", "waveform"],
];

/** What can be downloaded, made again or printed. */
export function Downloads() {
  const store = useInterview();
  const interview = store.interview.value;
  if (!interview) return null;
  const isDone = (step: StepName) => interview.steps[step].state === "done";
  const files = store.isReadOnly ? [] : FILES.filter(([, , step]) => isDone(step));
  const items = files.map(([name, file]) => ({ key: file, name, run: () => void save(interview, file) }));
  if (isDone("report") && !store.isReadOnly) {
    const update = async () => {
      const outcome = await store.retry("report");
      if (!outcome.ok) toast(text.interview.notRetried(outcome.error.message), { bad: true });
    };
    items.push({ key: "update", name: text.downloads.update, run: () => void update() });
  }
  if (isDone("analysis")) items.push({ key: "print", name: text.downloads.print, run: () => void print() });
  if (!items.length) return null;
  return (
    <Menu
      label={
        <>
          <Icon name="download" /> {text.downloads.menu}
        </>
      }
      items={items}
    />
  );
}

/** Fetched rather than linked to: a link cannot carry a token. */
async function save({ id, title }: Interview, file: string): Promise<void> {
  try {
    const answer = await bytes(`/v1/interviews/${id}/${file}`);
    const name = title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "interview";
    saveFile(await answer.blob(), `${name} ${file.includes(".") ? file : `${file}.json`}`);
  } catch (error) {
    toast(text.downloads.failed(reason(error)), { bad: true });
  }
}
