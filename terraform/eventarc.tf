locals {
  # One trigger for each event of Cloud Storage and Firestore that a function listens
  # to. Messages come by subscriptions of our own. The name of a trigger ends with its place
  # in the list, or with the one kind of change that it is for.
  triggers_of_manifest = merge([
    for name, function in local.functions : {
      for index, event in try(function.events, []) :
      "${name}-${try(regex("\\.(created|deleted)$", event.type)[0], index)}" => merge({ function = name, bucket = null, document = null }, event)
      if event.type != "google.cloud.pubsub.topic.v1.messagePublished"
    }
  ]...)

  # The trigger of releases before `announcements/`, unchanged (docs/upgrading.md).
  triggers_of_earlier_releases = {
    for key in var.announce_every_change ? ["announce-0"] : [] : key => {
      function = "announce"
      bucket   = null
      type     = "google.cloud.firestore.document.v1.written"
      document = "users/{user}/interviews/{interview}"
    }
  }

  triggers = merge(local.triggers_of_manifest, local.triggers_of_earlier_releases)
}

resource "google_eventarc_trigger" "this" {
  for_each = local.triggers

  name            = "${var.prefix}-${each.key}"
  location        = var.region
  service_account = google_service_account.invoker["events"].email

  # Documents come as protobuf alone.
  event_data_content_type = each.value.document == null ? null : "application/protobuf"

  matching_criteria {
    attribute = "type"
    value     = each.value.type
  }

  dynamic "matching_criteria" {
    for_each = each.value.bucket == null ? [] : [local.buckets[each.value.bucket]]

    content {
      attribute = "bucket"
      value     = matching_criteria.value
    }
  }

  dynamic "matching_criteria" {
    for_each = each.value.document == null ? [] : [google_firestore_database.this.name]

    content {
      attribute = "database"
      value     = matching_criteria.value
    }
  }

  dynamic "matching_criteria" {
    for_each = each.value.document == null ? [] : [each.value.document]

    content {
      attribute = "document"
      operator  = "match-path-pattern"
      value     = replace(matching_criteria.value, "/\\{[a-z]+\\}/", "*")
    }
  }

  destination {
    cloud_run_service {
      service = google_cloud_run_v2_service.this[each.value.function].name
      region  = var.region
    }
  }

  depends_on = [
    google_project_iam_member.event_receiver,
    google_project_iam_member.storage_publisher,
    google_cloud_run_v2_service_iam_member.events,
  ]
}

locals {
  # A mocked trigger has no transport: terraform test plans with an empty name.
  trigger_subscriptions = {
    for key, trigger in google_eventarc_trigger.this : key => try(trigger.transport[0].pubsub[0].subscription, "")
  }
}

# Eventarc makes these subscriptions itself, with a day's retention and no dead
# letters: no resource can change them, so gcloud does.
resource "terraform_data" "trigger_subscription" {
  for_each = google_eventarc_trigger.this

  triggers_replace = [
    local.trigger_subscriptions[each.key],
    local.functions[local.triggers[each.key].function].retry,
    local.ack_deadline[local.triggers[each.key].function],
  ]

  provisioner "local-exec" {
    command = join(" ", [
      "gcloud pubsub subscriptions update ${local.trigger_subscriptions[each.key]}",
      "--project=${var.project}",
      "--dead-letter-topic=${google_pubsub_topic.dead_letters.id}",
      "--max-delivery-attempts=${local.functions[local.triggers[each.key].function].retry.max_attempts}",
      "--ack-deadline=${local.ack_deadline[local.triggers[each.key].function]}",
      "--min-retry-delay=${local.functions[local.triggers[each.key].function].retry.min_backoff_s}s",
      "--max-retry-delay=${local.functions[local.triggers[each.key].function].retry.max_backoff_s}s",
      "--message-retention-duration=7d",
    ])
  }
}

resource "google_pubsub_subscription_iam_member" "trigger" {
  for_each = google_eventarc_trigger.this

  subscription = local.trigger_subscriptions[each.key]
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}
