terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }

  # `scripts/ops/deploy` names the bucket: terraform init -backend-config=bucket=…
  backend "gcs" {
    prefix = "interviewlens"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # Budgets belong to no project: this one's quota is used.
  billing_project       = var.project
  user_project_override = true
}
