# Named after the steps. Their concurrency is the providers' limit, wherever the work
# comes from.
resource "google_cloud_tasks_queue" "this" {
  for_each = local.pipeline.queues

  name     = each.key
  location = var.region

  rate_limits {
    max_concurrent_dispatches = each.value.max_concurrent_dispatches
  }

  retry_config {
    max_attempts = each.value.retry.max_attempts
    # A task is deleted when it has been tried so often and for so long: a bad version
    # that stays over a weekend loses nothing.
    max_retry_duration = "604800s"
    min_backoff        = "${each.value.retry.min_backoff_s}s"
    max_backoff        = "${each.value.retry.max_backoff_s}s"
  }

  stackdriver_logging_config {
    sampling_ratio = 0.1
  }

  depends_on = [google_project_service.this]
}
