//! Log lines as Cloud Logging reads them: one JSON object to a line, with the
//! fields that it knows in the places where it looks for them
//! (<https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields>).
//!
//! `tracing-stackdriver` writes severity, time, source location and `httpRequest`
//! there, but what spans know only as `span` and `spans`. The writer here reads
//! the finished line and promotes from the spans the trace and the labels by which
//! one interview's lines are found.

use std::io::{self, Write};

use serde_json::{Map, Value, json};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _, registry::Registry,
};

/// The fields of spans that become labels.
const LABELS: [&str; 4] = ["function", "interview", "step", "attempt"];

/// Where Cloud Logging looks for labels.
const LABELS_KEY: &str = "logging.googleapis.com/labels";

/// Beyond these, numbers lose digits: Cloud Logging keeps them as doubles.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// Writes what `filter` lets through to `writer`, in the name of `function`.
pub(crate) fn subscriber<W>(
    project: &str,
    function: &'static str,
    filter: EnvFilter,
    writer: W,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let writer = CloudLogWriter {
        traces: format!("projects/{project}/traces/"),
        function,
        writer,
    };
    Registry::default()
        .with(filter)
        .with(tracing_stackdriver::layer().with_writer(writer))
}

/// Lifts what Cloud Logging knows out of the spans of finished lines.
struct CloudLogWriter<W> {
    traces: String,
    function: &'static str,
    writer: W,
}

/// One line on its way.
struct LogLine<'log, W: for<'writer> MakeWriter<'writer>> {
    writer: &'log CloudLogWriter<W>,
    bytes: Vec<u8>,
}

impl<'writer, W> MakeWriter<'writer> for CloudLogWriter<W>
where
    W: for<'any> MakeWriter<'any> + 'static,
{
    type Writer = LogLine<'writer, W>;

    fn make_writer(&'writer self) -> Self::Writer {
        LogLine {
            writer: self,
            bytes: Vec::new(),
        }
    }
}

impl<W: for<'writer> MakeWriter<'writer>> Write for LogLine<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: for<'writer> MakeWriter<'writer>> Drop for LogLine<'_, W> {
    fn drop(&mut self) {
        let line = match serde_json::from_slice(&self.bytes) {
            Ok(line) => self.writer.promote_fields(line),
            Err(_) => unreadable(),
        };
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // In one piece, so that no other line comes between; and where logs
        // cannot be written, that cannot be logged.
        let _ = self.writer.writer.make_writer().write_all(text.as_bytes());
    }
}

fn unreadable() -> Map<String, Value> {
    let pairs = [("severity", "ERROR"), ("message", "a log line was lost")];
    pairs
        .map(|(key, text)| (key.into(), text.into()))
        .into_iter()
        .collect()
}

impl<W> CloudLogWriter<W> {
    fn promote_fields(&self, mut line: Map<String, Value>) -> Map<String, Value> {
        // It is the last of `spans` once more.
        line.remove("span");
        self.promote_trace(&mut line);
        self.promote_labels(&mut line);
        line.values_mut().for_each(keep_digits);
        line
    }

    /// All three fields are those of the innermost span that names a trace.
    fn promote_trace(&self, line: &mut Map<String, Value>) {
        let span = innermost(line).find_map(|span| Some((span.get("trace")?.as_str()?, span)));
        let Some((trace, span)) = span else {
            return;
        };
        let promoted = [
            ("trace", json!(format!("{}{trace}", self.traces))),
            ("spanId", span["trace_span"].clone()),
            ("trace_sampled", json!(span["trace_sampled"] == true)),
        ];
        for (name, value) in promoted {
            line.insert(format!("logging.googleapis.com/{name}"), value);
        }
    }

    /// What the line itself says goes before what its spans say.
    fn promote_labels(&self, line: &mut Map<String, Value>) {
        let mut labels: Map<String, Value> = LABELS
            .iter()
            .filter_map(|name| {
                let own = [*name, &format!("{name}Id")].map(|name| line.get(name));
                let own = own.into_iter().flatten().next();
                let value = own.or_else(|| innermost(line).find_map(|span| span.get(*name)))?;
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                Some(((*name).to_owned(), Value::String(text)))
            })
            .collect();
        labels.entry("function").or_insert(self.function.into());
        if let Some(Value::Object(own)) = line.remove(LABELS_KEY) {
            labels.extend(own);
        }
        line.insert(LABELS_KEY.to_owned(), Value::Object(labels));
    }
}

/// The spans that a line was written in, from the inside out.
fn innermost(line: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let spans = line.get("spans").and_then(Value::as_array);
    spans.into_iter().flatten().rev()
}

/// Writes as text what would lose digits as a number.
fn keep_digits(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs));
            if whole.is_some_and(|whole| whole > EXACT) {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(keep_digits),
        Value::Object(fields) => fields.values_mut().for_each(keep_digits),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::{
        error::Error,
        sync::{Arc, Mutex},
    };

    use proptest::prelude::*;
    use tracing::{info, info_span};

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` writes.
    fn lines(work: impl FnOnce()) -> Vec<Value> {
        let sink = Sink::default();
        let writer = sink.clone();
        let filter = EnvFilter::new("info");
        let subscriber = subscriber("project", "analyze", filter, move || writer.clone());
        tracing::subscriber::with_default(subscriber, work);
        let bytes = sink.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    fn line(work: impl FnOnce()) -> Value {
        let mut lines = lines(work);
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    #[test]
    fn a_line_has_its_fields_where_cloud_logging_looks_for_them() {
        let line = line(|| {
            let request = info_span!(
                "request",
                function = "transcribe",
                trace = "ffffffffffffffffffffffffffffffff",
                trace_span = "ffffffffffffffff",
                trace_sampled = true,
                attempt = 7
            );
            let _outer = request.entered();
            let step = info_span!(
                "step",
                interview = "i1",
                step = "transcription",
                attempt = 2,
                trace = TRACE,
                trace_span = "b7ad6b7169203331",
                trace_sampled = false
            );
            let _inner = step.entered();
            tracing::warn!(
                http_request.request_method = "POST",
                http_request.status = 503_u16,
                http_request.latency = "0.250000s",
                "will be retried"
            );
        });
        assert_eq!(line["severity"], "WARNING");
        assert_eq!(line["message"], "will be retried");
        assert!(domain::Timestamp::parse(line["time"].as_str().unwrap()).is_ok());
        let expected = json!({"requestMethod": "POST", "status": 503, "latency": "0.250000s"});
        assert_eq!(line["httpRequest"], expected);
        let labels = json!({"function": "transcribe", "interview": "i1",
            "step": "transcription", "attempt": "2"});
        assert_eq!(line["logging.googleapis.com/labels"], labels);
        let trace = format!("projects/project/traces/{TRACE}");
        assert_eq!(line["logging.googleapis.com/trace"], trace);
        assert_eq!(line["logging.googleapis.com/spanId"], "b7ad6b7169203331");
        assert_eq!(line["logging.googleapis.com/trace_sampled"], false);
        let location = &line["logging.googleapis.com/sourceLocation"];
        assert!(location["file"].is_string() && location["line"].is_string());
        assert_eq!(line.get("span"), None);
        assert_eq!(line["spans"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_line_outside_of_any_span_still_names_its_function() {
        let line = line(|| info!("started"));
        let labels = json!({"function": "analyze"});
        assert_eq!(line["logging.googleapis.com/labels"], labels);
        assert_eq!(line.get("logging.googleapis.com/trace"), None);
    }

    #[test]
    fn fields_of_a_line_override_those_of_its_spans() {
        let line = line(|| {
            let _outer = info_span!("step", interview = "i1").entered();
            info!(
                labels.interview = "i2",
                step = "report",
                severity = "CRITICAL",
                "one"
            );
        });
        assert_eq!(line["logging.googleapis.com/labels"]["interview"], "i2");
        assert_eq!(line["logging.googleapis.com/labels"]["step"], "report");
        assert_eq!(line["severity"], "CRITICAL");
        let bare = self::line(|| info!(interview.id = "i3", "one"));
        assert_eq!(bare["logging.googleapis.com/labels"]["interview"], "i3");
    }

    #[test]
    fn numbers_keep_their_digits() {
        let line = line(|| {
            let _outer = info_span!("step", generation = u64::MAX).entered();
            let (small, share) = (1_764_000_000_000_001_u64, 0.25);
            info!(
                small,
                share,
                big = u64::MAX,
                low = i64::MIN,
                not = f64::NAN,
                "n"
            );
        });
        assert_eq!(line["small"], 1_764_000_000_000_001_u64);
        assert_eq!(line["share"], "0.25");
        assert_eq!(line["big"], "18446744073709551615");
        assert_eq!(line["low"], "-9223372036854775808");
        assert_eq!(line["not"], "NaN");
        assert_eq!(line["spans"][0]["generation"], "18446744073709551615");
    }

    #[test]
    fn an_error_is_written_with_its_words() {
        let line = line(|| {
            let error = io::Error::other("the disk \"sda\"\nis full\u{1}");
            tracing::error!(error = &error as &dyn Error, "lost");
        });
        assert_eq!(line["severity"], "ERROR");
        assert!(line["error"].as_str().unwrap().contains("is full"));
    }

    #[test]
    fn filtered_lines_are_not_written() {
        assert!(lines(|| tracing::debug!("detail")).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_tears_a_line(text: String, field: String, span: String) {
            let line = line(|| {
                let _outer = info_span!("step", interview = span.as_str()).entered();
                info!(field = field.as_str(), "{text}");
            });
            prop_assert_eq!(&line["message"], &text);
            prop_assert_eq!(&line["field"], &field);
            prop_assert_eq!(&line["logging.googleapis.com/labels"]["interview"], &span);
        }

        #[test]
        fn no_control_character_tears_a_line(text in "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}]{1,20}") {
            let line = line(|| info!("{text}"));
            prop_assert_eq!(&line["message"], &text);
        }
    }
}
