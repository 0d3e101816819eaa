# Values are added by `scripts/ops/set-secret`, so that none is in a variable or in the
# state. There is a place for each, wanted or not: what runs may still need what is no
# longer wanted.
resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id           = "${var.prefix}-${lower(replace(each.key, "_", "-"))}"
  deletion_protection = var.protected

  replication {
    auto {}
  }

  depends_on = [google_project_service.this]
}

locals {
  secret_readers = merge([
    for name, function in local.functions : {
      for secret in setintersection(try(function.secrets, []), local.wanted_secrets) : "${name}.${secret}" => { function = name, secret = secret }
    }
  ]...)
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = local.secret_readers

  secret_id = google_secret_manager_secret.this[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
