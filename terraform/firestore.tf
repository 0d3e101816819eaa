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

# Clients with a Firebase API key can call Firestore themselves. None of them may: the API
# is the only way to documents.
resource "google_firebaserules_ruleset" "deny_all" {
  source {
    files {
      name    = "firestore.rules"
      content = <<-EOT
        rules_version = '2';
        service cloud.firestore {
          match /databases/{database}/documents {
            match /{document=**} {
              allow read, write: if false;
            }
          }
        }
      EOT
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_firebaserules_release" "deny_all" {
  name         = "cloud.firestore/${google_firestore_database.this.name}"
  ruleset_name = "projects/${var.project}/rulesets/${google_firebaserules_ruleset.deny_all.name}"

  # A ruleset that is released cannot be deleted.
  lifecycle {
    replace_triggered_by = [google_firebaserules_ruleset.deny_all]
  }
}

resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.this.name
  retention = "604800s"

  daily_recurrence {}
}

# What the sweep asks of all users' documents at once.
locals {
  asked_of_all = {
    "collections.deleted_at"    = ["collections", "deleted_at"]
    "collections.themes_due_at" = ["collections", "themes_due_at"]
    "interviews.created_at"     = ["interviews", "created_at"]
    "interviews.deleted_at"     = ["interviews", "deleted_at"]
    "interviews.expires_at"     = ["interviews", "expires_at"]
    "interviews.expiring_at"    = ["interviews", "expiring_at"]
    "interviews.status"         = ["interviews", "status"]
    "receipts.created_at"       = ["receipts", "created_at"]
    "tombstones.next_pass_at"   = ["tombstones", "next_pass_at"]
  }

  # What is asked of all users' documents by an item of a list, and by nothing else: what is in
  # them is large, and every other index of it would be written and paid for.
  listed_of_all = {
    "themes.interviews" = ["themes", "interviews"]
  }

  # Documents that are found by their names alone: what is in them is large, or written
  # every few seconds (the leases in `data`), and every index of it would be written and
  # paid for.
  never_asked = ["announcements", "chunks", "data", "deliveries", "highlights", "notes", "secrets"]

  # Documents that are found by the index of several fields that a resource below has: what is
  # in them is large, and every index of it would be written and paid for.
  asked_together_alone = ["passages"]

  # The same of interviews.
  never_asked_of_interviews = ["audio", "expiring_regular_ms", "metadata", "rubric", "speakers", "steps", "tags", "title", "trace", "webhook_url"]

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

resource "google_firestore_field" "listed_of_all" {
  for_each = local.listed_of_all

  database   = google_firestore_database.this.name
  collection = each.value[0]
  field      = each.value[1]

  index_config {
    indexes {
      array_config = "CONTAINS"
      query_scope  = "COLLECTION_GROUP"
    }
  }
}

resource "google_firestore_field" "listed_alone" {
  for_each = local.listed_of_all

  database   = google_firestore_database.this.name
  collection = each.value[0]
  field      = "*"

  index_config {}
}

resource "google_firestore_field" "never_asked" {
  for_each = toset(local.never_asked)

  database   = google_firestore_database.this.name
  collection = each.key
  field      = "*"

  index_config {}
}

resource "google_firestore_field" "asked_together_alone" {
  for_each = toset(local.asked_together_alone)

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

# A user's lists of one status, kind, collection and tag, newest first. Firestore merges the
# indexes of one order for a list with several of these conditions.
resource "google_firestore_index" "list_by_collection" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path = "collection_id"
    order      = "ASCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}

resource "google_firestore_index" "list_by_collection_and_date" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path = "collection_id"
    order      = "ASCENDING"
  }
  fields {
    field_path = "date"
    order      = "DESCENDING"
  }
}

resource "google_firestore_index" "list_by_kind" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path = "kind"
    order      = "ASCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}

resource "google_firestore_index" "list_by_kind_and_date" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path = "kind"
    order      = "ASCENDING"
  }
  fields {
    field_path = "date"
    order      = "DESCENDING"
  }
}

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

resource "google_firestore_index" "list_by_status_and_date" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path = "status"
    order      = "ASCENDING"
  }
  fields {
    field_path = "date"
    order      = "DESCENDING"
  }
}

resource "google_firestore_index" "list_by_tag" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path   = "tag_keys"
    array_config = "CONTAINS"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}

resource "google_firestore_index" "list_by_tag_and_date" {
  database    = google_firestore_database.this.name
  collection  = "interviews"
  query_scope = "COLLECTION"

  fields {
    field_path   = "tag_keys"
    array_config = "CONTAINS"
  }
  fields {
    field_path = "date"
    order      = "DESCENDING"
  }
}

# A user's search, newest interview first.
resource "google_firestore_index" "search" {
  database    = google_firestore_database.this.name
  collection  = "passages"
  query_scope = "COLLECTION_GROUP"

  fields {
    field_path = "user"
    order      = "ASCENDING"
  }
  fields {
    field_path   = "tokens"
    array_config = "CONTAINS"
  }
  fields {
    field_path = "order"
    order      = "DESCENDING"
  }
}
