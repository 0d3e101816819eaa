# A function can do what its step needs.
resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "${var.prefix}-${each.key}"
  display_name = "InterviewLens: ${each.key}"
  depends_on   = [google_project_service.this]
}

# Who calls functions: what hands over events, and Cloud Tasks.
resource "google_service_account" "invoker" {
  for_each = toset(["events", "tasks"])

  account_id   = "${var.prefix}-${each.key}"
  display_name = "InterviewLens: delivers ${each.key}"
  depends_on   = [google_project_service.this]
}

locals {
  agents = {
    pubsub  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    storage = "serviceAccount:${data.google_storage_project_service_account.this.email_address}"
  }

  # The role for the rights on a bucket that the manifest gives a function. The smallest
  # predefined role that deletes objects and reads them writes them as well.
  bucket_roles = {
    "read"              = "roles/storage.objectViewer"
    "delete,read"       = "roles/storage.objectUser"
    "delete,read,write" = "roles/storage.objectUser"
  }
  bucket_access = merge([
    for name, function in local.functions : {
      for bucket, rights in try(function.buckets, {}) : "${name}.${bucket}" => join(",", sort(rights))
    }
  ]...)

  # Announce only publishes; all others read and write documents. Firestore knows no
  # smaller part of a database than all of it.
  project_roles = merge(
    { for name in keys(local.functions) : "${name}.datastore" => { function = name, role = "roles/datastore.user" } if name != "announce" },
    { for name in ["api", "analyze"] : "${name}.vertex" => { function = name, role = "roles/aiplatform.user" } if contains(local.analyzers, "vertex") },
  )

  # The queues that each function puts tasks into, by the manifest.
  enqueuers = merge([
    for name, function in local.functions : {
      for queue in try(function.enqueues, []) : "${name}.${queue}" => { function = name, queue = queue }
    }
  ]...)

  # Without a key of their own they sign URLs by IAM.
  signers = toset(["api", "transcribe"])
}

data "google_storage_project_service_account" "this" {
  depends_on = [google_project_service.this]
}

resource "google_project_iam_member" "function" {
  for_each = local.project_roles

  project = var.project
  role    = each.value.role
  member  = google_service_account.function[each.value.function].member
}

resource "google_storage_bucket_iam_member" "function" {
  for_each = local.bucket_access

  bucket = local.buckets[split(".", each.key)[1]]
  role   = local.bucket_roles[each.value]
  member = google_service_account.function[split(".", each.key)[0]].member
}

resource "google_pubsub_topic_iam_member" "announce" {
  topic  = google_pubsub_topic.this["interview-events"].id
  role   = "roles/pubsub.publisher"
  member = google_service_account.function["announce"].member
}

resource "google_cloud_tasks_queue_iam_member" "function" {
  for_each = local.enqueuers

  name     = google_cloud_tasks_queue.this[each.value.queue].id
  location = var.region
  role     = "roles/cloudtasks.enqueuer"
  member   = google_service_account.function[each.value.function].member
}

# A task carries the token of the account that it names: naming it is a permission.
resource "google_service_account_iam_member" "names_tasks" {
  for_each = toset([for name, function in local.functions : name if length(try(function.enqueues, [])) > 0])

  service_account_id = google_service_account.invoker["tasks"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function[each.key].member
}

resource "google_service_account_iam_member" "signs" {
  for_each = local.signers

  service_account_id = google_service_account.function[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "event_receiver" {
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.invoker["events"].member
}

# Cloud Storage tells Eventarc by way of Pub/Sub.
resource "google_project_iam_member" "storage_publisher" {
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = local.agents.storage
}

# Pub/Sub makes the tokens with which it pushes.
resource "google_service_account_iam_member" "pubsub_tokens" {
  service_account_id = google_service_account.invoker["events"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub
}

# Builds the image. New projects give Cloud Build's default account no rights.
resource "google_service_account" "build" {
  account_id   = "${var.prefix}-build"
  display_name = "InterviewLens: builds the image"
  depends_on   = [google_project_service.this]
}

resource "google_project_iam_member" "build" {
  project = var.project
  role    = "roles/cloudbuild.builds.builder"
  member  = google_service_account.build.member
}

# A role takes up to some minutes until every server knows it. A service that is created
# before its account may read its secrets fails to start.
resource "terraform_data" "grants_known" {
  triggers_replace = [local.project_roles, local.secret_readers, local.bucket_access]

  provisioner "local-exec" {
    command = "sleep ${var.grants_wait_s}"
  }

  depends_on = [
    google_project_iam_member.function,
    google_secret_manager_secret_iam_member.function,
    google_storage_bucket_iam_member.function,
  ]
}
