resource "google_cloud_scheduler_job" "this" {
  for_each = local.pipeline.schedules

  name      = "${var.prefix}-${each.key}"
  region    = var.region
  schedule  = each.value.cron
  time_zone = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.this[each.value.topic].id
    data       = base64encode("{}")
  }
}
