output "api_url" {
  description = "Where clients reach the API."
  value       = local.public_url
}

output "console_url" {
  description = "The address of the console."
  value       = "${local.public_url}/app"
}

output "service_url" {
  description = "Cloud Run's own address of the API, for a domain to point at."
  value       = google_cloud_run_v2_service.this["api"].uri
}

output "firebase_project" {
  description = "What clients sign in to: the audience of ID tokens."
  value       = var.project
}

output "buckets" {
  description = "The buckets of recordings and of results."
  value       = local.buckets
}

output "image_repository" {
  description = "Where `scripts/ops/deploy` puts images."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}"
}

output "secrets" {
  description = "The secrets that need a value, by variable."
  value       = { for name in local.wanted_secrets : name => google_secret_manager_secret.this[name].secret_id }
}

output "dead_letter_subscription" {
  description = "Where dead letters wait."
  value       = google_pubsub_subscription.dead_letters.id
}
