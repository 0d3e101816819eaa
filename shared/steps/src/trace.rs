//! The trace of the current work, for code deeper down.

use domain::trace::TraceContext;

/// The header, the extension attribute and the message attribute of W3C Trace
/// Context.
pub const TRACEPARENT: &str = "traceparent";

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// The trace of the current request.
pub fn current() -> Option<TraceContext> {
    CURRENT.try_with(|trace| *trace).ok()
}

/// Does `work` as part of `trace`. Work that it spawns must be scoped anew.
pub async fn scope<F: Future>(trace: TraceContext, work: F) -> F::Output {
    CURRENT.scope(trace, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deeper_down() -> Option<TraceContext> {
        current()
    }

    #[tokio::test]
    async fn code_deeper_down_learns_of_the_trace_in_hand() {
        assert_eq!(current(), None);
        let trace = TraceContext::generate();
        let seen = scope(trace, async { deeper_down() }).await;
        assert_eq!(seen, Some(trace));
    }
}
