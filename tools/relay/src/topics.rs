//! Topics, and subscriptions that push: Pub/Sub's emulator does the rest.

use domain::pipeline::MESSAGE_PUBLISHED;
use relay::pubsub::{Admin, DEAD_LETTERS, PushSubscription};

use crate::settings::RelaySettings;

/// Makes what the manifest needs, with a subscription to the dead letters so that
/// they can be looked at.
pub(crate) async fn create(settings: &RelaySettings) -> anyhow::Result<()> {
    let project = settings.cloud.project().to_owned();
    let admin = Admin::connect(project, &settings.pubsub).await?;
    admin.create_topic(DEAD_LETTERS).await?;
    admin.create_pull(DEAD_LETTERS, DEAD_LETTERS).await?;
    for topic in &settings.pipeline.topics {
        admin.create_topic(topic).await?;
    }
    for (name, function) in &settings.pipeline.functions {
        let triggers = function.events.iter();
        let heard = triggers
            .filter(|trigger| trigger.event_type == MESSAGE_PUBLISHED)
            .filter_map(|trigger| trigger.topic.as_ref());
        for topic in heard {
            let Some(url) = settings.functions.get(name) else {
                continue;
            };
            let push = PushSubscription {
                subscription: format!("{topic}.{name}"),
                topic: topic.clone(),
                url: url.clone(),
                retry: function.retry,
            };
            let deadline = i32::try_from(function.timeout_s.clamp(10, 600))?;
            admin.create_push(&push, deadline).await?;
        }
    }
    Ok(())
}
