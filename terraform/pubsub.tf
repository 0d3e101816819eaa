resource "google_pubsub_topic" "this" {
  for_each = toset(local.pipeline.topics)

  name       = each.key
  depends_on = [google_project_service.this]
}

# What was tried too often, of our subscriptions and of Eventarc's. The messages say
# where they come from (`scripts/ops/replay-dead-letters`).
resource "google_pubsub_topic" "dead_letters" {
  name       = "dead-letters"
  depends_on = [google_project_service.this]
}

resource "google_pubsub_subscription" "dead_letters" {
  name                       = "dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s"
  retain_acked_messages      = false

  expiration_policy {
    ttl = ""
  }
}

locals {
  # Functions that listen to messages, each with its topic.
  message_listeners = merge([
    for name, function in local.functions : {
      for event in try(function.events, []) : "${event.topic}.${name}" => { function = name, topic = event.topic }
      if event.type == "google.cloud.pubsub.topic.v1.messagePublished"
    }
  ]...)

  # Messages are acknowledged by the answer, for which Pub/Sub waits ten minutes at most.
  ack_deadline = { for name, function in local.functions : name => min(600, function.timeout_s + 30) }
}

resource "google_pubsub_subscription" "push" {
  for_each = local.message_listeners

  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].id
  ack_deadline_seconds       = local.ack_deadline[each.value.function]
  message_retention_duration = "604800s"

  push_config {
    push_endpoint = local.urls[each.value.function]

    oidc_token {
      service_account_email = google_service_account.invoker["events"].email
      audience              = local.urls[each.value.function]
    }
  }

  retry_policy {
    minimum_backoff = "${local.functions[each.value.function].retry.min_backoff_s}s"
    maximum_backoff = "${local.functions[each.value.function].retry.max_backoff_s}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = local.functions[each.value.function].retry.max_attempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_cloud_run_v2_service.this, google_cloud_run_v2_service_iam_member.events]
}

# Pub/Sub itself moves dead letters: it publishes them and takes them from where they
# were.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.agents.pubsub
}

resource "google_pubsub_subscription_iam_member" "push" {
  for_each = google_pubsub_subscription.push

  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}
