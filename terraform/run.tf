resource "google_cloud_run_v2_service" "this" {
  for_each = local.functions

  name     = "${var.prefix}-${each.key}"
  location = var.region
  # A service holds no data. One whose first creation failed is tainted, and Terraform
  # must be able to replace it.
  deletion_protection = false
  # Only the API is public; Pub/Sub, Eventarc and Cloud Tasks call from inside. Clients
  # must not bypass a load balancer: they could then forge their address.
  ingress = (
    !try(each.value.public, false) ? "INGRESS_TRAFFIC_INTERNAL_ONLY" :
    var.trusted_proxies > 1 ? "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" :
    "INGRESS_TRAFFIC_ALL"
  )

  # Where an organisation restricts domains, `allUsers` cannot be granted anything: there
  # the API is opened by not checking who invokes it.
  invoker_iam_disabled = var.invoker_iam_disabled && try(each.value.public, false)

  template {
    service_account                  = google_service_account.function[each.key].email
    timeout                          = "${each.value.timeout_s}s"
    max_instance_request_concurrency = each.value.concurrency

    scaling {
      min_instance_count = try(each.value.public, false) ? var.min_instances : 0
      max_instance_count = var.max_instances
    }

    containers {
      image = var.image
      # One program for all: its first argument is the function's name.
      args = [each.key]

      resources {
        limits = {
          cpu    = tostring(each.value.cpu)
          memory = each.value.memory
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # The code reads PORT, which Cloud Run sets to this.
      # Over HTTP/1 Cloud Run takes and gives 32 MiB at most: recordings are larger.
      ports {
        name           = try(each.value.public, false) ? "h2c" : "http1"
        container_port = 8080
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 30
        tcp_socket {
          port = 8080
        }
      }

      dynamic "env" {
        for_each = toset(each.value.environment)

        content {
          name  = env.value
          value = local.environment[env.value]
        }
      }

      dynamic "env" {
        for_each = setintersection(try(each.value.secrets, []), local.wanted_secrets)

        content {
          name = env.value
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.this[env.value].secret_id
              version = "latest"
            }
          }
        }
      }
    }
  }

  depends_on = [terraform_data.grants_known]
}

# The API checks tokens itself; nothing else can be called from outside.
resource "google_cloud_run_v2_service_iam_member" "public" {
  for_each = { for name, function in local.functions : name => function if try(function.public, false) && !var.invoker_iam_disabled }

  name     = google_cloud_run_v2_service.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service_iam_member" "events" {
  for_each = { for name, function in local.functions : name => function if length(try(function.events, [])) > 0 }

  name     = google_cloud_run_v2_service.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.invoker["events"].member
}

resource "google_cloud_run_v2_service_iam_member" "tasks" {
  for_each = toset([for queue in local.pipeline.queues : queue.function])

  name     = google_cloud_run_v2_service.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.invoker["tasks"].member
}
