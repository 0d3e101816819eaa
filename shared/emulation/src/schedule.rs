//! The clocks of the manifest.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use domain::{
    pipeline::Pipeline,
    ports::{Bus, Message},
};
use tokio_util::sync::CancellationToken;

/// Publishes on every clock of the manifest until it is stopped.
pub async fn run(
    pipeline: &Pipeline,
    bus: Arc<dyn Bus>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut clocks = tokio::task::JoinSet::new();
    for schedule in pipeline.schedules.values() {
        let (every, topic) = (interval(&schedule.cron)?, schedule.topic.clone());
        clocks.spawn(tick(every, topic, Arc::clone(&bus), stop.clone()));
    }
    while clocks.join_next().await.is_some() {}
    Ok(())
}

async fn tick(every: Duration, topic: String, bus: Arc<dyn Bus>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let message = Message {
            data: b"{}".to_vec(),
            ..Message::default()
        };
        if let Err(error) = bus.publish(&topic, message).await {
            tracing::warn!(
                event = "schedule.publish_failed",
                topic,
                "a scheduled message was not published: {error}"
            );
        }
    }
}

/// The interval of a crontab line that means "every minute" or "every N minutes".
fn interval(cron: &str) -> anyhow::Result<Duration> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let minutes = match fields[..] {
        ["*", "*", "*", "*", "*"] => Some(1),
        [every, "*", "*", "*", "*"] => every.strip_prefix("*/").and_then(|n| n.parse().ok()),
        _ => None,
    };
    match minutes {
        Some(minutes @ 1..=59) => Ok(Duration::from_secs(60 * minutes)),
        _ => bail!("the clock `{cron}` is not one that can be kept here: `*/N * * * *`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_cannot_be_kept_are_refused() {
        assert_eq!(interval("* * * * *").unwrap(), Duration::from_mins(1));
        assert_eq!(interval("*/5 * * * *").unwrap(), Duration::from_mins(5));
        for wrong in ["0 3 * * *", "*/0 * * * *", "", "*/x * * * *"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
