resource "google_firestore_database" "this" {
  name                              = coalesce(var.firestore_database, var.prefix)
  location_id                       = var.region
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protected ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.protected ? "ABANDON" : "DELETE"

  depends_on = [google_project_service.this]
}

resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.this.name
  retention = "604800s"

  daily_recurrence {}
}

# What the sweep asks of all users' documents at once.
locals {
  asked_of_all = {
    "interviews.created_at"   = ["interviews", "created_at"]
    "interviews.deleted_at"   = ["interviews", "deleted_at"]
    "interviews.expires_at"   = ["interviews", "expires_at"]
    "interviews.expiring_at"  = ["interviews", "expiring_at"]
    "interviews.status"       = ["interviews", "status"]
    "receipts.created_at"     = ["receipts", "created_at"]
    "tombstones.next_pass_at" = ["tombstones", "next_pass_at"]
  }

  # Documents that are found by their names alone: what is in them is large, or written
  # every few seconds (the leases in `data`), and every index of it would be written and
  # paid for.
  never_asked = ["chunks", "data", "deliveries", "notes", "secrets"]

  # The same of interviews.
  never_asked_of_interviews = ["audio", "expiring_regular_ms", "metadata", "rubric", "speakers", "steps", "title", "trace", "webhook_url"]

  # Documents that Firestore deletes by itself, within a day after the moment in
  # their `ttl`, should the sweep not have come before.
  time_to_live = ["receipts", "receivers"]
}

resource "google_firestore_field" "time_to_live" {
  for_each = toset(local.time_to_live)

  database   = google_firestore_database.this.name
  collection = each.key
  field      = "ttl"

  ttl_config {}

  # Times that grow, written by all, make a hot spot of an index.
  index_config {}
}

resource "google_firestore_field" "asked_of_all" {
  for_each = local.asked_of_all

  database   = google_firestore_database.this.name
  collection = each.value[0]
  field      = each.value[1]

  index_config {
    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION"
    }
    indexes {
      order       = "DESCENDING"
      query_scope = "COLLECTION"
    }
    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION_GROUP"
    }
  }
}

resource "google_firestore_field" "never_asked" {
  for_each = toset(local.never_asked)

  database   = google_firestore_database.this.name
  collection = each.key
  field      = "*"

  index_config {}
}

resource "google_firestore_field" "never_asked_of_interviews" {
  for_each = toset(local.never_asked_of_interviews)

  database   = google_firestore_database.this.name
  collection = "interviews"
  field      = each.key

  index_config {}
}

# Uploads that never came, of all users.
resource "google_firestore_index" "abandoned_uploads" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION_GROUP"

  fields {
    field_path = "status"
    order      = "ASCENDING"
  }
  fields {
    field_path = "updated_at"
    order      = "ASCENDING"
  }
}

# A user's list, of one status, newest first.
resource "google_firestore_index" "list_by_status" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path = "status"
    order      = "ASCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}
