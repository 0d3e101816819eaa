resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = "InterviewLens: ${each.key}"
  type         = "email"
  labels = {
    email_address = each.key
  }

  depends_on = [google_project_service.this]
}

# Log lines about steps, counted by function and code. The events are
# `domain::log_events`; a test compares them.
resource "google_logging_metric" "steps" {
  for_each = {
    failed   = { event = "step.failed", description = "Steps that failed for good" }
    retrying = { event = "step.retrying", description = "Steps that failed and will be retried" }
  }

  name        = "${var.prefix}/steps_${each.key}"
  description = each.value.description
  filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"${each.value.event}\""

  label_extractors = {
    function = "EXTRACT(labels.function)"
    code     = "EXTRACT(jsonPayload.code)"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    labels {
      key = "function"
    }
    labels {
      key = "code"
    }
  }

  depends_on = [google_project_service.this]
}

locals {
  services = "resource.type=\"cloud_run_revision\" AND resource.label.service_name=monitoring.regex.full_match(\"${var.prefix}-.*\")"
  step     = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${var.prefix}/steps"

  # Each is explained in docs/runbook.md, under its name.
  alerts = {
    dead_letters = {
      title     = "dead letters are waiting"
      filter    = "resource.type=\"pubsub_subscription\" AND resource.label.subscription_id=\"dead-letters\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
    }
    steps_failed = {
      title     = "more than ten steps failed for good within an hour"
      filter    = "${local.step}_failed\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      period    = "3600s"
      threshold = 10
      duration  = "0s"
    }
    oldest_event = {
      title     = "an event has waited for fifteen minutes"
      filter    = "resource.type=\"pubsub_subscription\" AND resource.label.subscription_id!=\"dead-letters\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 900
      duration  = "300s"
    }
    queue_depth = {
      title     = "more than a thousand tasks are waiting"
      filter    = "resource.type=\"cloud_tasks_queue\" AND metric.type=\"cloudtasks.googleapis.com/queue/depth\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 1000
      duration  = "900s"
    }
    errors = {
      title     = "more than three responses a minute are a 5xx"
      filter    = "${local.services} AND metric.type=\"run.googleapis.com/request_count\" AND metric.label.response_code_class=\"5xx\""
      aligner   = "ALIGN_RATE"
      reducer   = "REDUCE_SUM"
      threshold = 0.05
      duration  = "300s"
    }
    latency = {
      # The median: streams of events and of sound last as long as a client listens.
      title     = "half of the API's responses take more than a second"
      filter    = "resource.type=\"cloud_run_revision\" AND resource.label.service_name=\"${var.prefix}-api\" AND metric.type=\"run.googleapis.com/request_latencies\" AND metric.label.response_code_class!=\"5xx\""
      aligner   = "ALIGN_PERCENTILE_50"
      reducer   = "REDUCE_MAX"
      threshold = 1000
      duration  = "900s"
    }
    provider_busy = {
      title     = "a provider has rejected requests for its rate limit for ten minutes"
      filter    = "${local.step}_retrying\" AND metric.label.code=monitoring.regex.full_match(\"engine_(busy|quota|overloaded)\")"
      aligner   = "ALIGN_RATE"
      reducer   = "REDUCE_SUM"
      threshold = 0.1
      duration  = "600s"
    }
  }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  display_name          = "InterviewLens: ${each.value.title}"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.name]

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration

      aggregations {
        alignment_period     = try(each.value.period, "60s")
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
    }
  }

  documentation {
    content   = "docs/runbook.md#${replace(each.key, "_", "-")}"
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.steps]
}

# The log line of a completed sweep, of which there is one each minute.
resource "google_logging_metric" "sweeps" {
  name        = "${var.prefix}/sweeps_completed"
  description = "Sweeps that completed"
  filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"sweep.completed\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }

  depends_on = [google_project_service.this]
}

# An absence condition stays silent about a metric that never had a point: without
# `vector(0)` a sweep that never ran after the first deploy would raise nothing.
resource "google_monitoring_alert_policy" "sweep_missing" {
  display_name          = "InterviewLens: no sweep has completed for twenty minutes"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.name]

  conditions {
    display_name = "no sweep has completed for twenty minutes"

    condition_prometheus_query_language {
      query                     = "(sum(increase(logging_googleapis_com:user_${replace(var.prefix, "-", "_")}_sweeps_completed{monitored_resource=\"cloud_run_revision\"}[20m])) or vector(0)) < 1"
      duration                  = "300s"
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "docs/runbook.md#sweep-missing"
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.sweeps]
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = "InterviewLens"
    mosaicLayout = {
      columns = 12
      tiles = [
        for index, alert in values(local.alerts) : {
          xPos   = (index % 2) * 6
          yPos   = floor(index / 2) * 4
          width  = 6
          height = 4
          widget = {
            title = alert.title
            xyChart = {
              thresholds = [{ value = alert.threshold }]
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = alert.filter
                    aggregation = {
                      alignmentPeriod    = try(alert.period, "60s")
                      perSeriesAligner   = alert.aligner
                      crossSeriesReducer = alert.reducer
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_logging_metric.steps]
}

resource "google_billing_budget" "this" {
  count = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  display_name    = "InterviewLens"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]

    content {
      threshold_percent = threshold_rules.value
    }
  }
}

# The addresses of recordings, of callbacks and of shares hold secrets, those of shares for up to
# a year; Cloud Run's request log would show them to everyone who reads logs.
resource "google_logging_project_exclusion" "secret_addresses" {
  name        = "${var.prefix}-secret-addresses"
  description = "Requests whose address is a permission: links to recordings and of shares, and callbacks of engines."
  filter      = <<-EOT
    resource.type="cloud_run_revision"
    log_id("run.googleapis.com/requests")
    resource.labels.service_name="${var.prefix}-api"
    httpRequest.requestUrl=~"/v1/callbacks/|/s/|[?&]token="
  EOT
}

# Who reads what people have said, when it is not a function for its user. Functions are
# left out: they make every request there is. Firestore is configured under Datastore's name.
resource "google_project_iam_audit_config" "data_access" {
  for_each = toset(var.data_access_logs ? ["datastore.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com"] : [])

  project = var.project
  service = each.key

  dynamic "audit_log_config" {
    for_each = toset(["DATA_READ", "DATA_WRITE"])

    content {
      log_type         = audit_log_config.value
      exempted_members = [for account in google_service_account.function : account.member]
    }
  }
}
