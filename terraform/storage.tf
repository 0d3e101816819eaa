resource "google_storage_bucket" "uploads" {
  name                        = "${var.project}-${var.prefix}-uploads"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.protected

  # A recording that was deleted by mistake can be brought back for a week.
  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  # Browsers upload directly, whole or in pieces: what they may send and read.
  # The console's own origin, and those of other pages.
  cors {
    origin          = distinct(concat([local.public_url], var.cors_allowed_origins))
    method          = ["GET", "HEAD", "POST", "PUT"]
    response_header = ["Content-Range", "Content-Type", "ETag", "Location", "Range", "x-goog-content-length-range", "x-goog-generation", "x-goog-hash", "x-goog-if-generation-match", "x-goog-resumable"]
    max_age_seconds = 3600
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  # What is rarely listened to any more costs half.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age                   = 60
      matches_storage_class = ["STANDARD"]
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_storage_bucket" "artifacts" {
  name                        = "${var.project}-${var.prefix}-artifacts"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.protected

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  # Recordings in passing, of a process that died before it could delete them: they
  # lie in users/USER/streams/, which a prefix cannot say, and have no ending.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 1
      matches_suffix = [".passing"]
    }
  }

  depends_on = [google_project_service.this]
}
