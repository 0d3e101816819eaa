# terraform -chdir=terraform test: a plan without a cloud, where the provider can be had.
mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

variables {
  project = "a-project"
  image   = "europe-west1-docker.pkg.dev/a-project/interviewlens/functions:1"
}

run "every_function_is_a_service" {
  command = plan

  assert {
    condition     = length(google_cloud_run_v2_service.this) == length(jsondecode(file("pipeline.json")).functions)
    error_message = "One service for each function of the manifest."
  }

  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.public) == ["api"]
    error_message = "Only the API is public."
  }

  assert {
    condition     = length(google_cloud_tasks_queue.this) == 6 && google_cloud_tasks_queue.this["transcription"].rate_limits[0].max_concurrent_dispatches == 4
    error_message = "The queues of the manifest, with the provider's limit."
  }
}

run "announce_is_started_by_announcements_and_deletions" {
  command = plan

  assert {
    condition     = [for key in keys(google_eventarc_trigger.this) : key if startswith(key, "announce-")] == ["announce-created", "announce-deleted"]
    error_message = "Every other change of an interview starts nothing."
  }
}

run "an_upgrade_keeps_the_trigger_of_earlier_releases" {
  command = plan

  variables {
    announce_every_change = true
  }

  assert {
    condition     = [for key in keys(google_eventarc_trigger.this) : key if startswith(key, "announce-")] == ["announce-0", "announce-created", "announce-deleted"]
    error_message = "What an earlier release changes is announced until it is gone."
  }

  assert {
    condition     = google_eventarc_trigger.this["announce-0"].name == "interviewlens-announce-0"
    error_message = "The former trigger is kept, and not replaced."
  }
}

run "buckets_are_protected_and_services_can_be_replaced" {
  command = plan

  assert {
    condition     = alltrue([for service in google_cloud_run_v2_service.this : service.deletion_protection == false])
    error_message = "A service whose first creation failed is tainted: protected, it can never be replaced."
  }

  assert {
    condition     = google_storage_bucket.uploads.force_destroy == false && google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "What holds data is protected."
  }
}

run "rights_on_buckets_are_those_of_the_manifest" {
  command = plan

  assert {
    condition     = local.bucket_access["transcribe.uploads"] == "delete,read" && google_storage_bucket_iam_member.function["transcribe.uploads"].role == "roles/storage.objectUser"
    error_message = "Transcribe deletes the late uploads of deleted interviews."
  }

  assert {
    condition     = google_storage_bucket_iam_member.function["waveform.uploads"].role == "roles/storage.objectViewer" && length(google_storage_bucket_iam_member.function) == sum([for function in jsondecode(file("pipeline.json")).functions : length(try(function.buckets, {}))])
    error_message = "Each function has what the manifest gives it."
  }
}

run "functions_put_tasks_into_their_own_queues_alone" {
  command = plan

  assert {
    condition     = toset(keys(google_cloud_tasks_queue_iam_member.function)) == toset(["analyze.analysis", "api.analysis", "api.report", "api.transcription", "api.waveform", "api.webhooks", "notify.webhooks", "notify.webhooks-slow", "sweep.analysis", "sweep.report", "sweep.transcription", "sweep.waveform", "transcribe.transcription"])
    error_message = "Each function has the queues that the manifest gives it."
  }

  assert {
    condition     = toset(keys(google_service_account_iam_member.names_tasks)) == toset(["analyze", "api", "notify", "sweep", "transcribe"])
    error_message = "Only functions that put tasks into a queue name their account."
  }
}

run "clients_cannot_reach_documents" {
  command = plan

  assert {
    condition     = google_firebaserules_release.deny_all.name == "cloud.firestore/interviewlens" && length(regexall("allow", google_firebaserules_ruleset.deny_all.source[0].files[0].content)) == 1 && strcontains(google_firebaserules_ruleset.deny_all.source[0].files[0].content, "allow read, write: if false;")
    error_message = "The rules of the database allow nothing."
  }
}

run "accesses_of_people_are_logged" {
  command = plan

  assert {
    condition     = keys(google_project_iam_audit_config.data_access) == ["datastore.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com"]
    error_message = "Documents, objects and secrets."
  }
}

run "an_organisation_that_restricts_domains_needs_no_role_for_all_users" {
  command = plan

  variables {
    invoker_iam_disabled = true
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.public) == 0 && [for name, service in google_cloud_run_v2_service.this : name if service.invoker_iam_disabled] == ["api"]
    error_message = "The API is open without a role, and nothing else is."
  }
}

run "a_sweep_that_does_not_come_raises_an_alert" {
  command = plan

  assert {
    condition     = strcontains(google_logging_metric.sweeps.filter, "jsonPayload.event=\"sweep.completed\"") && strcontains(google_monitoring_alert_policy.sweep_missing.conditions[0].condition_prometheus_query_language[0].query, "logging_googleapis_com:user_interviewlens_sweeps_completed")
    error_message = "The alert counts what the sweep logs."
  }
}

run "vertex_needs_no_key" {
  command = plan

  assert {
    condition     = local.wanted_secrets == toset(["DEEPGRAM_API_KEY", "SIGNING_SECRET", "WEBHOOK_SECRET"])
    error_message = "No secret of an engine that is not used."
  }

  assert {
    condition     = contains(keys(local.project_roles), "analyze.vertex")
    error_message = "Vertex AI is asked as the function's account."
  }
}

run "a_key_comes_with_its_engine" {
  command = plan

  variables {
    analyzer = "gemini"
  }

  assert {
    condition     = contains(local.wanted_secrets, "GEMINI_API_KEY") && !contains(keys(local.project_roles), "analyze.vertex")
    error_message = "Gemini's key, and no role for Vertex AI."
  }
}

run "engines_that_runs_can_choose_have_their_secrets_and_roles" {
  command = plan

  variables {
    analyzer                      = "gemini"
    other_analyzers               = ["vertex", "openai"]
    openai_transcription_base_url = "https://api.openai.com/v1"
  }

  assert {
    condition     = local.wanted_secrets == toset(["DEEPGRAM_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OPENAI_TRANSCRIPTION_API_KEY", "SIGNING_SECRET", "WEBHOOK_SECRET"])
    error_message = "A key for each engine that takes one."
  }

  assert {
    condition     = contains(keys(local.project_roles), "analyze.vertex") && local.environment.VERTEX_LOCATION == "global"
    error_message = "Vertex AI can be asked beside Gemini."
  }
}

run "an_engine_that_the_image_lacks_is_refused" {
  command = plan

  variables {
    transcriber = "whisper"
  }

  expect_failures = [var.transcriber]
}
