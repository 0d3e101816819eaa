//! One recording's way through all functions, so that its logs are found together.
//!
//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>), version 00: the
//! trace begins with the request that creates an interview and is kept in its
//! document, because neither a signed upload nor a written document carries it.

use std::fmt;

use crate::text_form::text_form;

/// Where in which trace something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace; never all zeros.
    pub trace_id: [u8; 16],
    /// The span that what happens next belongs to; never all zeros.
    pub span_id: [u8; 8],
    /// Whether the caller records the trace.
    pub sampled: bool,
}

/// A text that is not a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a traceparent is `00-` and 32, 16 and 2 hexadecimal digits")]
pub struct InvalidTrace;

impl TraceContext {
    /// Begins a trace.
    pub fn generate() -> Self {
        let mut trace_id = [0; 16];
        getrandom::fill(&mut trace_id).expect("the operating system gives random bytes");
        Self {
            trace_id,
            span_id: new_span_id(),
            sampled: false,
        }
    }

    /// A new span in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            span_id: new_span_id(),
            ..self
        }
    }

    /// Reads a `traceparent` header. Versions after 00 may say more at the end.
    pub fn parse(text: &str) -> Result<Self, InvalidTrace> {
        let mut parts = text.trim().split('-');
        let mut next = || parts.next().ok_or(InvalidTrace);
        let (version, trace, span, flags) = (next()?, next()?, next()?, next()?);
        let [version] = unhex(version)?;
        let [flags] = unhex(flags)?;
        let (trace_id, span_id) = (unhex(trace)?, unhex(span)?);
        let longer = parts.next().is_some();
        if version == 0xff || (version == 0 && longer) {
            return Err(InvalidTrace);
        }
        if trace_id == [0; 16] || span_id == [0; 8] {
            return Err(InvalidTrace);
        }
        Ok(Self {
            trace_id,
            span_id,
            sampled: flags & 1 == 1,
        })
    }

    /// The trace as 32 hexadecimal digits.
    pub fn trace_hex(&self) -> String {
        hex::encode(self.trace_id)
    }

    /// The span as 16 hexadecimal digits.
    pub fn span_hex(&self) -> String {
        hex::encode(self.span_id)
    }
}

fn new_span_id() -> [u8; 8] {
    let mut span_id = [0; 8];
    getrandom::fill(&mut span_id).expect("the operating system gives random bytes");
    span_id
}

/// Lower-case digits alone, as the specification wants.
fn unhex<const N: usize>(text: &str) -> Result<[u8; N], InvalidTrace> {
    let mut bytes = [0; N];
    if text.contains(|digit: char| digit.is_ascii_uppercase()) {
        return Err(InvalidTrace);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidTrace)?;
    Ok(bytes)
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(
            formatter,
            "00-{}-{}-{flags:02x}",
            self.trace_hex(),
            self.span_hex()
        )
    }
}

text_form!(TraceContext, TraceContext::parse);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_reads_back() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let trace = TraceContext::parse(text).unwrap();
        assert!(trace.sampled);
        assert_eq!(trace.to_string(), text);
        let child = trace.child();
        assert_eq!(child.trace_id, trace.trace_id);
        assert_ne!(child.span_id, trace.span_id);
        let generated = TraceContext::generate();
        assert_eq!(TraceContext::parse(&generated.to_string()), Ok(generated));
    }

    #[test]
    fn traceparent_forbidden_by_the_specification_is_rejected() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        for wrong in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-01-more"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}-zz"),
            format!("00-{trace}ü-{span}-01"),
        ] {
            assert_eq!(TraceContext::parse(&wrong), Err(InvalidTrace), "{wrong}");
        }
        let newer = format!("01-{trace}-{span}-03-more");
        assert!(TraceContext::parse(&newer).unwrap().sampled);
    }
}
