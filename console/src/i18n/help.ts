// Strings of the help, beside `text`: loaded when it is asked for.

export const helpText = {
  shortcuts: [
    [["Space", "K"], "Play or pause"],
    [["←", "→"], "5 seconds back or forward"],
    [["J", "L"], "10 seconds back or forward"],
    [["N"], "A note at this moment"],
    [["B"], "A bookmark at this moment"],
    [["/"], "Search in the transcript"],
    [["1", "–", "4"], "Scorecard, summary, stats, notes"],
    [["E"], "Correct the transcript, or stop correcting it"],
    [["Ctrl+Z"], "Undo what was just deleted"],
    [["?"], "These shortcuts"],
  ] as [string[], string][],
};
